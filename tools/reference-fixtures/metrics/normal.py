"""Golden values of the standard normal distribution, from SciPy.

    python3 normal.py
"""

from common import write
from scipy.stats import norm

POINTS = [-38.0, -20.0, -8.3, -5.0, -3.1, -3.0, -2.9, -1.0, -0.1, 0.0, 1e-9, 0.5, 1.0, 1.959963984540054, 2.5, 3.0, 4.0, 6.0, 8.0]
SHARES = [1e-300, 1e-20, 1e-9, 1e-4, 0.005, 0.025, 0.1, 0.3, 0.5, 0.6, 0.9, 0.975, 0.999, 1 - 1e-9]

write("normal.json", [{"cdf": [[x, norm.cdf(x)] for x in POINTS], "quantile": [[p, norm.ppf(p)] for p in SHARES]}])
