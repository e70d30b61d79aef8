"""A contestant in eager PyTorch: ERM or RoGA over K domains of equal size, whose gradients are taken domain by domain. Works
on lists of tensors with torch's own list operations, in place where it can; variables are moved by exchanging their data.
Speaks the protocol of contestant.py, whose folder, that of the nets too, is the first argument."""
import sys

import torch
from torch import nn


def fold(sums, weight, gradients):
    """sums += weight · gradients, in the memory of sums; the first gradients become the sums."""
    if sums is None:
        torch._foreach_mul_(gradients, weight)
        return gradients
    torch._foreach_add_(sums, gradients, alpha=weight)
    return sums


def set_running_statistics(net, moving):
    """Whether batch norms move their running statistics."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.track_running_stats = moving


class Steps:
    def __init__(self, net, images, labels, options):
        self.net = net
        self.parameters = list(net.parameters())
        self.domains = list(zip(images.chunk(options.domains), labels.chunk(options.domains)))
        self.optimizer = torch.optim.SGD(self.parameters, lr=1e-3, momentum=0.9)
        self.measure = nn.CrossEntropyLoss()
        self.alpha, self.rho = options.alpha, options.rho
        self.weight = 1 / options.domains

    def gradients(self, domain):
        images, labels = domain
        loss = self.measure(self.net(images), labels)
        return list(torch.autograd.grad(loss, self.parameters)), loss.item()

    def apply(self, gradients):
        for parameter, gradient in zip(self.parameters, gradients):
            parameter.grad = gradient
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def erm(self):
        """Gradients add up in place, as autograd does by itself."""
        total = 0.0
        for images, labels in self.domains:
            loss = self.measure(self.net(images), labels) * self.weight
            loss.backward()
            total += loss.item()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total

    @torch.no_grad()
    def ascend(self, gradients, erm):
        """θ + ρ g_k / ‖g_k‖ − α g, in the memory of g_k unless α is 0."""
        norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
        factor = self.rho / (norm.item() + 1e-12)
        if self.alpha == 0:
            point = torch._foreach_mul(gradients, factor)
        else:
            torch._foreach_mul_(gradients, factor)
            point = gradients
            torch._foreach_add_(point, erm, alpha=-self.alpha)
        torch._foreach_add_(point, [parameter.data for parameter in self.parameters])
        return point

    def perturbed(self, domain, point):
        theta = [parameter.data for parameter in self.parameters]
        for parameter, value in zip(self.parameters, point):
            parameter.data = value
        set_running_statistics(self.net, False)
        gradients, loss = self.gradients(domain)
        set_running_statistics(self.net, True)
        for parameter, value in zip(self.parameters, theta):
            parameter.data = value
        return gradients, loss

    def roga(self):
        """perturbedLoss "own", a point for each domain, G = (g + h) / 2."""
        erm, robust, total = None, None, 0.0
        if self.alpha == 0:
            for domain in self.domains:
                gradients, loss = self.gradients(domain)
                total += loss * self.weight
                point = self.ascend(gradients, None)
                erm = fold(erm, self.weight / 2, gradients)
                moved, _ = self.perturbed(domain, point)
                del point, gradients
                erm = fold(erm, self.weight / 2, moved)
            self.apply(erm)
            return total
        held = []
        for domain in self.domains:
            gradients, loss = self.gradients(domain)
            total += loss * self.weight
            if erm is None:
                erm = torch._foreach_mul(gradients, self.weight)
            else:
                erm = fold(erm, self.weight, gradients)
            held.append(gradients)
        for domain in self.domains:
            point = self.ascend(held.pop(0), erm)
            moved, _ = self.perturbed(domain, point)
            del point
            robust = fold(robust, self.weight, moved)
        torch._foreach_add_(erm, robust)
        torch._foreach_mul_(erm, 0.5)
        self.apply(erm)
        return total


def main():
    sys.path.insert(0, sys.argv.pop(1))
    from contestant import arguments, prepare, serve

    parser = arguments(__doc__)
    parser.add_argument("--algorithm", choices=("erm", "roga"), required=True)
    parser.add_argument("--domains", type=int, required=True)
    parser.add_argument("--rho", type=float, default=0.1)
    parser.add_argument("--alpha", type=float, default=2e-4)
    options = parser.parse_args()
    net, images, labels, baseline = prepare(options)
    net.train()
    serve(net, baseline, getattr(Steps(net, images, labels, options), options.algorithm))


if __name__ == "__main__":
    main()
