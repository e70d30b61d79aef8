"""Twenty steps of every relative of RoGA on the problems of problems.py, in float64, by PyTorch's autograd.

Written from the papers and as plainly as they allow: penalties are differentiated as functions of the parameters (the
dummy scale of IRM and the per-sample gradients of Fishr by a second differentiation), inner walks are taken by PyTorch's
optimizers on a copy, gradients accumulate where the method's code lets them. Nothing here has the closed forms or the
running sums of the TypeScript.

Run: python3 algorithms.py > algorithms.json   (written with PyTorch 1.13)
"""

import json

import torch

from problems import PROBLEMS
from small_net import DOMAINS

STEPS = 20
K = len(DOMAINS)
SGD = {"name": "sgd", "options": {"learningRate": 0.05, "momentum": 0.9}}
PLAIN = {"name": "sgd", "options": {"learningRate": 0.05}}
ADAM = {"name": "adam", "options": {"learningRate": 0.01}}


def gradient(problem, theta, select):
    theta = theta.detach().clone().requires_grad_()
    value = select(problem.outputs(theta), theta)
    return torch.autograd.grad(value, theta)[0]


def mean_loss(outputs, _theta=None):
    return sum(output["loss"] for output in outputs) / K


def shares(options):
    weights = options.get("weights", [1] * K)
    return [value / sum(weights) for value in weights]


def mask(problem, weight):
    return torch.cat([torch.full_like(v, float(is_weight)).flatten() for v, is_weight in zip(problem.initial, weight)]) > 0


class Algorithm:
    """One run: its gradient at theta, or a whole update."""

    penalty = None
    reset_at = None

    def __init__(self, problem, options):
        self.problem, self.options, self.step = problem, options, 0
        self.w = shares(options)

    def total(self, outputs, _theta=None):
        return sum(w * output["loss"] for w, output in zip(self.w, outputs))

    def at(self, theta, select=None):
        return gradient(self.problem, theta, select or self.total)

    def weight_now(self, initial):
        return initial if self.step < self.options.get("annealSteps", 0) else self.options["lambda"]


class Sam(Algorithm):
    def gradient(self, theta):
        g = self.at(theta)
        return self.at(theta + self.options.get("rho", 0.05) * g / (g.norm() + 1e-12))


class Asam(Algorithm):
    def gradient(self, theta):
        rho, eta = self.options.get("rho", 0.5), self.options.get("eta", 0.01)
        scale = torch.where(mask(self.problem, self.problem.weight), theta.abs() + eta, torch.ones_like(theta))
        g = self.at(theta)
        return self.at(theta + rho * scale**2 * g / ((scale * g).norm() + 1e-12))


class Sagm(Algorithm):
    def gradient(self, theta):
        rho, alpha = self.options.get("rho", 0.05), self.options.get("alpha", 1e-3)
        g = self.at(theta)
        h = self.at(theta + (rho / (g.norm() + 1e-12) - alpha) * g)
        return (g + h) / 2


class GacFasRelease(Algorithm):
    """With parameters whose .grad accumulates, as the released code has them."""

    def gradient(self, theta):
        rho, alpha, eta = (self.options.get(key, default) for key, default in (("rho", 0.1), ("alpha", 2e-4), ("eta", 0.01)))
        parameter = theta.clone().requires_grad_()
        seen = torch.zeros_like(theta)
        directions = []
        for k in range(K):
            (self.problem.outputs(parameter)[k]["loss"] / K).backward()  # onto what is there
            directions.append(parameter.grad.clone() - seen)
            seen += parameter.grad
        total = parameter.grad.clone()
        scale = torch.where(mask(self.problem, self.release_weight()), theta.abs() + eta, torch.ones_like(theta))
        perturbed = []
        for direction in directions:
            scaled = scale * direction
            e = rho / (scaled.norm() + 1e-16) * (scale * scaled)
            perturbed.append(self.at(theta + e - alpha * seen))
        return total + sum(perturbed) / K

    def release_weight(self):
        """Parameters that PyTorch names weight: kernels and the batch norm's scale."""
        return [flag or name.endswith("gamma") for flag, name in zip(self.problem.weight, self.problem.names)]


class GroupDro(Algorithm):
    def __init__(self, problem, options):
        super().__init__(problem, options)
        self.q = torch.ones(K).double()

    def gradient(self, theta):
        losses = torch.stack([output["loss"] for output in self.problem.outputs(theta)])
        self.q = self.q * (self.options.get("eta", 0.01) * losses).exp()
        self.q = self.q / self.q.sum()
        p = self.q * torch.tensor(self.w).double()
        p = p / p.sum()
        return self.at(theta, lambda outputs, _: sum(share * output["loss"] for share, output in zip(p, outputs)))


class Vrex(Algorithm):
    def variance(self, outputs):
        mean = self.total(outputs)
        return sum(w * (output["loss"] - mean) ** 2 for w, output in zip(self.w, outputs))

    def gradient(self, theta):
        self.penalty = self.variance(self.problem.outputs(theta)).item()
        weight = self.weight_now(1.0)
        return self.at(theta, lambda outputs, _: self.total(outputs) + weight * self.variance(outputs))


class Mldg(Algorithm):
    def gradient(self, theta):
        rate, beta = self.options["innerLearningRate"], self.options.get("beta", 1)
        result = torch.zeros_like(theta)
        for k in range(K):  # options.order is "given"
            j = (k + 1) % K
            inner = theta.detach().clone().requires_grad_()
            kind = torch.optim.SGD if self.options.get("innerStep") == "sgd" else torch.optim.Adam
            optimizer = kind([inner], lr=rate)
            self.problem.outputs(inner)[k]["loss"].backward()
            result += self.w[k] * inner.grad
            optimizer.step()
            result += beta * self.w[j] * self.at(inner, lambda outputs, _: outputs[j]["loss"])
        return result


class Fish(Algorithm):
    """The paper's update itself, without a base optimizer."""

    def update(self, theta, base):
        walker = theta.detach().clone().requires_grad_()
        optimizer = torch.optim.SGD([walker], lr=base["options"]["learningRate"])
        for k in range(K):  # options.order is "given"
            optimizer.zero_grad()
            (K * self.w[k] * self.problem.outputs(walker)[k]["loss"]).backward()
            optimizer.step()
        return theta + self.options.get("metaLearningRate", 0.5) * (walker.detach() - theta)


class Irm(Algorithm):
    def dummy_gradient(self, z, y):
        scale = torch.ones(1).double().requires_grad_()
        return torch.autograd.grad(self.problem.cross_entropy(z * scale, y), scale, create_graph=True)[0][0]

    def domain_penalty(self, output):
        z, y = output["logits"], output["labels"]
        if self.options.get("penalty") == "squared":
            return self.dummy_gradient(z, y) ** 2
        return self.dummy_gradient(z[::2], y[::2]) * self.dummy_gradient(z[1::2], y[1::2])

    def penalties(self, outputs):
        return sum(w * self.domain_penalty(output) for w, output in zip(self.w, outputs))

    def gradient(self, theta):
        self.penalty = self.penalties(self.problem.outputs(theta)).item()
        weight = self.weight_now(1.0)
        return self.at(theta, lambda outputs, _: self.total(outputs) + weight * self.penalties(outputs))


class Coral(Algorithm):
    def distance(self, x, y):
        mean_x, mean_y = x.mean(0, keepdim=True), y.mean(0, keepdim=True)
        covariance_x = (x - mean_x).t() @ (x - mean_x) / (len(x) - 1)
        covariance_y = (y - mean_y).t() @ (y - mean_y) / (len(y) - 1)
        return (mean_x - mean_y).pow(2).mean() + (covariance_x - covariance_y).pow(2).mean()

    def penalties(self, outputs):
        features = [output["features"] for output in outputs]
        pairs = [(i, j) for i in range(K) for j in range(i + 1, K)]
        return sum(self.distance(features[i], features[j]) for i, j in pairs) / len(pairs)

    def gradient(self, theta):
        self.penalty = self.penalties(self.problem.outputs(theta)).item()
        gamma = self.options.get("gamma", 1)
        return self.at(theta, lambda outputs, _: self.total(outputs) + gamma * self.penalties(outputs))


class Fishr(Algorithm):
    """Per-sample gradients by one differentiation of each sample's loss in the last layer's parameters."""

    def __init__(self, problem, options):
        super().__init__(problem, options)
        self.average = [0.0] * K

    def variances(self, outputs, theta):
        result = []
        for k in range(K):
            per_sample = []
            for i in range(len(outputs[k]["labels"])):
                layer = self.problem.last_layer(theta)
                z = self.problem.head(layer, outputs[k]["features"][i : i + 1])
                loss = self.problem.cross_entropy(z, outputs[k]["labels"][i : i + 1])
                parts = torch.autograd.grad(loss, layer, create_graph=True)
                per_sample.append(torch.cat([part.flatten() for part in parts]))
            stacked = torch.stack(per_sample)
            result.append((stacked - stacked.mean(0, keepdim=True)).pow(2).mean(0))
        return result

    def gradient(self, theta):
        ema = self.options.get("ema", 0.95)
        leaf = theta.detach().clone().requires_grad_()
        outputs = self.problem.outputs(leaf)
        averages = [ema * former + (1 - ema) * v for former, v in zip(self.average, self.variances(outputs, leaf))]
        corrected = [average / (1 - ema) for average in averages]
        mean = sum(corrected) / K
        penalty = sum((value - mean).pow(2).mean() for value in corrected) / K
        self.average = [average.detach() for average in averages]
        self.penalty = penalty.item()
        objective = self.total(outputs) + self.weight_now(0.0) * penalty
        return torch.autograd.grad(objective, leaf)[0]


ALGORITHMS = {
    "irm": Irm,
    "coral": Coral,
    "fishr": Fishr,
    "sam": Sam,
    "asam": Asam,
    "sagm": Sagm,
    "gacFasRelease": GacFasRelease,
    "groupDro": GroupDro,
    "vrex": Vrex,
    "mldg": Mldg,
    "fish": Fish,
}
WEIGHTS = {"weights": [3, 1, 2]}
ANNEALED = {"lambda": 10, "annealSteps": 6}
CASES = [
    ("sam", "net", {}, SGD),
    ("sam", "net", {"rho": 0.3, **WEIGHTS}, ADAM),
    ("sam", "net, mixed", {"rho": 0.3}, SGD),
    ("sam", "quadratic", {"rho": 0.3}, SGD),
    ("asam", "net", {}, SGD),
    ("asam", "quadratic", {"rho": 1, "eta": 0.1}, ADAM),
    ("sagm", "net", {}, SGD),
    ("sagm", "net, mixed", {"rho": 0.2, "alpha": 0.05}, SGD),
    ("sagm", "quadratic", {"rho": 0.2, "alpha": 0.05, **WEIGHTS}, SGD),
    ("gacFasRelease", "net", {}, PLAIN),
    ("gacFasRelease", "net", {"rho": 0.3, "alpha": 0.05, "eta": 0.1}, ADAM),
    ("gacFasRelease", "net, mixed", {"rho": 0.3, "alpha": 0.05}, PLAIN),
    ("gacFasRelease", "quadratic", {"rho": 0.3, "alpha": 0.05}, PLAIN),
    ("groupDro", "net", {}, SGD),
    ("groupDro", "net", {"eta": 0.5, **WEIGHTS}, ADAM),
    ("groupDro", "net, mixed", {"eta": 0.5}, SGD),
    ("groupDro", "quadratic", {"eta": 0.2}, SGD),
    ("vrex", "net", ANNEALED, SGD),
    ("vrex", "net", {**ANNEALED, **WEIGHTS}, ADAM),
    ("vrex", "net, mixed", ANNEALED, SGD),
    ("vrex", "quadratic", {"lambda": 0.3, "annealSteps": 0}, ADAM),
    ("mldg", "net", {"innerLearningRate": 0.1, "innerStep": "sgd", "order": "given"}, SGD),
    ("mldg", "net", {"innerLearningRate": 0.01, "beta": 0.5, "order": "given", **WEIGHTS}, ADAM),
    ("mldg", "quadratic", {"innerLearningRate": 0.05, "order": "given"}, SGD),
    ("fish", "net", {"order": "given"}, PLAIN),
    ("fish", "net", {"order": "given", "metaLearningRate": 0.9, **WEIGHTS}, PLAIN),
    ("fish", "quadratic", {"order": "given"}, PLAIN),
    ("irm", "net", {"lambda": 2, "annealSteps": 6}, SGD),
    ("irm", "net", {"lambda": 5, "annealSteps": 3, "penalty": "squared", "resetOptimizer": False, **WEIGHTS}, ADAM),
    ("irm", "net, mixed", {"lambda": 2, "annealSteps": 6}, SGD),
    ("irm", "net", ANNEALED, SGD),
    ("irm", "net, mixed", ANNEALED, SGD),
    ("irm", "softmax", ANNEALED, ADAM),
    ("irm", "softmax", {"lambda": 100, "annealSteps": 0, "penalty": "squared"}, ADAM),
    ("coral", "net", {}, SGD),
    ("coral", "net", {"gamma": 20, **WEIGHTS}, ADAM),
    ("coral", "net, mixed", {"gamma": 20}, SGD),
    ("coral", "softmax", {"gamma": 5}, SGD),
    ("fishr", "net", {"lambda": 1000, "annealSteps": 6}, ADAM),
    ("fishr", "net", {"lambda": 30, "annealSteps": 0, "ema": 0.5, **WEIGHTS}, SGD),
    ("fishr", "net, mixed", {"lambda": 30, "annealSteps": 6}, SGD),
    ("fishr", "softmax", {"lambda": 30, "annealSteps": 6}, SGD),
    ("fishr", "softmax", {"lambda": 1000, "annealSteps": 6, "ema": 0}, ADAM),
]


def optimizer_of(base, parameter):
    o = base["options"]
    if base["name"] == "sgd":
        return torch.optim.SGD([parameter], lr=o["learningRate"], momentum=o.get("momentum", 0))
    return torch.optim.Adam([parameter], lr=o["learningRate"])


def run(name, where, options, base):
    problem = PROBLEMS[where]
    algorithm = ALGORITHMS[name](problem, options)
    theta = torch.cat([value.flatten() for value in problem.initial]).requires_grad_()
    optimizer = optimizer_of(base, theta)
    steps = []
    for step in range(STEPS):
        algorithm.step = step
        at = theta.detach().clone()
        entry = {"losses": [output["loss"].item() for output in problem.outputs(at)]}
        if name == "fish":
            theta.data = algorithm.update(at, base)
        else:
            if step > 0 and step == options.get("annealSteps") and options.get("resetOptimizer", True):
                optimizer = optimizer_of(base, theta)
            theta.grad = algorithm.gradient(at)
            entry["gradientNorm"] = theta.grad.norm().item()
            optimizer.step()
        if algorithm.penalty is not None:
            entry["penalty"] = algorithm.penalty
        steps.append(entry)
    options = dict(options)
    if "weights" in options:
        options["weights"] = dict(zip(DOMAINS, options["weights"]))
    problem_name, *mixed = where.split(", ")
    if mixed:
        options["batchNormPass"] = "mixed"
    title = " ".join([name, "on", problem_name, json.dumps(options), base["name"]])
    after = problem.record(theta.detach())
    return {"title": title, "algorithm": name, "problem": problem_name, "options": options, "base": base, "steps": steps, "after": after}


if __name__ == "__main__":
    print(
        json.dumps(
            {
                "quadratic": PROBLEMS["quadratic"].data(),
                "softmax": PROBLEMS["softmax"].data(),
                "cases": [run(*case) for case in CASES],
            }
        )
    )
