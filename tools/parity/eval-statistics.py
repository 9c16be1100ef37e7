"""Golden values for the statistics of packages/eval, from SciPy and statsmodels.

    python3 tools/parity/eval-statistics.py packages/eval/src/statistics/fixtures/golden.json

Needs numpy, scipy >= 1.15 and statsmodels. Inputs are part of the file, so the tests need no Python.
"""

import json
import sys

import numpy as np
import scipy
import statsmodels
from scipy import optimize, special, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import ttost_paired

random = np.random.default_rng(20250101)


def numbers(values):
    return [float(value) for value in np.asarray(values).ravel()]


def distributions():
    t = [
        {
            "t": x,
            "degreesOfFreedom": df,
            "cdf": float(stats.t.cdf(x, df)),
            "upperTail": float(stats.t.sf(x, df)),
        }
        for x in [-40.0, -3.3, -1.0, -1e-3, 0.0, 1e-6, 0.5, 2.0, 4.5, 12.0, 60.0]
        for df in [1, 2, 2.7, 4, 7, 19, 100, 4999, 1e6]
    ]
    t_quantiles = [
        {"probability": p, "degreesOfFreedom": df, "quantile": float(stats.t.ppf(p, df))}
        for p in [1e-10, 1e-4, 0.025, 0.3, 0.5, 0.6, 0.95, 0.975, 0.9999]
        for df in [1, 2, 2.7, 4, 7, 19, 100, 4999, 1e6]
    ]
    noncentral = [
        {"t": x, "degreesOfFreedom": df, "noncentrality": nc, "cdf": float(special.nctdtr(df, nc, x))}
        for x in [-2.5, -0.4, 0.7, 2.4, 6.0]
        for df in [2, 4, 7, 30]
        for nc in [-1.5, 0.2, 1.0, 2.8, 5.0]
    ]
    normal = [
        {"z": z, "cdf": float(stats.norm.cdf(z))}
        for z in [-30.0, -8.0, -3.0, -1.0, -0.1, 0.0, 0.3, 1.96, 4.0, 7.0]
    ]
    normal_quantiles = [
        {"probability": p, "quantile": float(stats.norm.ppf(p))}
        for p in [1e-300, 1e-12, 1e-4, 0.025, 0.4, 0.5, 0.7, 0.975, 0.999999]
    ]
    chi = [
        {"x": x, "degreesOfFreedom": df, "cdf": float(stats.chi2.cdf(x, df)), "upperTail": float(stats.chi2.sf(x, df))}
        for x in [1e-4, 0.3, 1.0, 3.84, 10.0, 60.0, 300.0]
        for df in [1, 2, 3.5, 10, 50, 1000]
    ]
    chi_quantiles = [
        {"probability": p, "degreesOfFreedom": df, "quantile": float(stats.chi2.ppf(p, df))}
        for p in [0.001, 0.05, 0.5, 0.95, 0.999]
        for df in [1, 2, 3.5, 10, 50]
    ]
    f = [
        {
            "x": x,
            "numerator": a,
            "denominator": b,
            "cdf": float(stats.f.cdf(x, a, b)),
            "upperTail": float(stats.f.sf(x, a, b)),
        }
        for x in [0.01, 0.5, 1.0, 3.0, 20.0]
        for a in [1, 3, 12]
        for b in [1, 5, 80]
    ]
    f_quantiles = [
        {"probability": p, "numerator": a, "denominator": b, "quantile": float(stats.f.ppf(p, a, b))}
        for p in [0.05, 0.5, 0.95, 0.999]
        for a in [1, 3, 12]
        for b in [2, 5, 80]
    ]
    binomial = [
        {
            "successes": k,
            "trials": n,
            "probability": p,
            "cdf": float(stats.binom.cdf(k, n, p)),
            "upperTail": float(stats.binom.sf(k - 1, n, p)),
        }
        for n, ks in [(1, [0, 1]), (8, [0, 3, 8]), (40, [0, 12, 20, 39]), (1000, [430, 500, 610])]
        for k in ks
        for p in [0.5, 0.2]
    ]
    return {
        "studentT": t,
        "studentTQuantile": t_quantiles,
        "noncentralT": noncentral,
        "normal": normal,
        "normalQuantile": normal_quantiles,
        "chiSquared": chi,
        "chiSquaredQuantile": chi_quantiles,
        "f": f,
        "fQuantile": f_quantiles,
        "binomial": binomial,
    }


def descriptive():
    values = random.normal(3, 2, 23)
    return {
        "values": numbers(values),
        "mean": float(np.mean(values)),
        "variance": float(np.var(values, ddof=1)),
        "standardDeviation": float(np.std(values, ddof=1)),
        "standardError": float(stats.sem(values)),
        "quantiles": [
            {"probability": p, "value": float(np.quantile(values, p))} for p in [0, 0.01, 0.25, 0.5, 0.77, 0.975, 1]
        ],
    }


def pairs(n, shift, spread, decimals=None):
    first = random.normal(4, 1, n)
    second = first - shift + random.normal(0, spread, n)
    if decimals is not None:
        first, second = np.round(first, decimals), np.round(second, decimals)
    return first, second


def paired_tests():
    cases = []
    for n, shift, spread in [(2, 0.1, 0.2), (5, 0.0, 1.0), (8, -0.05, 0.03), (8, 0.02, 0.05), (30, 0.2, 0.6)]:
        first, second = pairs(n, shift, spread)
        difference = first - second
        result = stats.ttest_rel(first, second)
        low, high = result.confidence_interval(0.95)
        narrow = result.confidence_interval(0.9)
        p_tost, (_, p_lower, _), (_, p_upper, _) = ttost_paired(first, second, -0.1, 0.1)
        flip = {
            alternative: float(
                stats.permutation_test(
                    (first, second),
                    lambda x, y, axis: np.mean(x - y, axis=axis),
                    permutation_type="samples",
                    n_resamples=np.inf,
                    alternative=alternative,
                    vectorized=True,
                ).pvalue
            )
            for alternative in (["two-sided", "less", "greater"] if n <= 8 else [])
        }
        positive = int(np.sum(difference > 0))
        cases.append(
            {
                "first": numbers(first),
                "second": numbers(second),
                "t": {
                    "statistic": float(result.statistic),
                    "p": float(result.pvalue),
                    "less": float(stats.ttest_rel(first, second, alternative="less").pvalue),
                    "greater": float(stats.ttest_rel(first, second, alternative="greater").pvalue),
                    "ci95": [float(low), float(high)],
                    "ci90": [float(narrow.low), float(narrow.high)],
                    "dz": float(np.mean(difference) / np.std(difference, ddof=1)),
                    "shifted": float(stats.ttest_1samp(difference, 0.1, alternative="less").pvalue),
                },
                "tost": {"p": float(p_tost), "pLower": float(p_lower), "pUpper": float(p_upper)},
                "sign": {
                    alternative: float(stats.binomtest(positive, n, 0.5, alternative=alternative).pvalue)
                    for alternative in ["two-sided", "less", "greater"]
                },
                "signFlip": flip,
            }
        )
    return cases


def power():
    # The lower tail of the noncentral t is NaN in SciPy where it is too small to matter; statsmodels' own solver for
    # the effect stops short because of it, so the root is found here.
    def at(dz, n, alpha):
        critical = stats.t.isf(alpha / 2, n - 1)
        below = stats.nct.cdf(-critical, n - 1, dz * np.sqrt(n))
        return float(stats.nct.sf(critical, n - 1, dz * np.sqrt(n)) + np.nan_to_num(below))

    assert abs(at(0.5, 8, 0.05) - TTestPower().power(0.5, 8, 0.05)) < 1e-12

    def smallest(n, alpha, power):
        high = 0.1
        while at(high, n, alpha) < power:
            high *= 1.1
        return float(optimize.brentq(lambda dz: at(dz, n, alpha) - power, high / 1.1, high, xtol=1e-13))

    return [
        {
            "n": n,
            "alpha": alpha,
            "power": power,
            "dz": smallest(n, alpha, power),
            "powerAtHalf": float(at(0.5, n, alpha)),
        }
        for n in [3, 5, 8, 20, 100]
        for alpha in [0.05, 0.01]
        for power in [0.8, 0.9]
    ]


def welch():
    cases = []
    for n, m, shift in [(2, 3, 0.5), (6, 9, 0.0), (20, 11, 1.2)]:
        first, second = random.normal(shift, 1, n), random.normal(0, 2, m)
        result = stats.ttest_ind(first, second, equal_var=False)
        interval = result.confidence_interval(0.95)
        cases.append(
            {
                "first": numbers(first),
                "second": numbers(second),
                "statistic": float(result.statistic),
                "degreesOfFreedom": float(result.df),
                "p": float(result.pvalue),
                "greater": float(stats.ttest_ind(first, second, equal_var=False, alternative="greater").pvalue),
                "ci95": [float(interval.low), float(interval.high)],
            }
        )
    return cases


def permutation():
    cases = []
    for n, m, decimals in [(2, 4, None), (4, 5, None), (6, 6, 1), (5, 7, 0)]:
        first, second = random.normal(0.7, 1, n), random.normal(0, 1, m)
        if decimals is not None:
            first, second = np.round(first, decimals), np.round(second, decimals)
        cases.append(
            {
                "first": numbers(first),
                "second": numbers(second),
                **{
                    alternative: float(
                        stats.permutation_test(
                            (first, second),
                            lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis),
                            n_resamples=np.inf,
                            alternative=alternative,
                            vectorized=True,
                        ).pvalue
                    )
                    for alternative in ["two-sided", "less", "greater"]
                },
            }
        )
    return cases


def wilcoxon():
    exact, approximate = [], []
    for n in [1, 4, 8, 13, 25, 50]:
        difference = random.normal(0.3, 1, n)
        exact.append(
            {
                "differences": numbers(difference),
                **{
                    alternative: float(
                        stats.wilcoxon(difference, alternative=alternative, method="exact", correction=False).pvalue
                    )
                    for alternative in ["two-sided", "less", "greater"]
                },
            }
        )
    # Ties in the exact distribution: SciPy enumerates the assignments of signs.
    tied = np.array([1.0, -1.0, 2.0, 2.0, 3.0, -3.0, 3.0, 5.0, 4.0])
    exact.append(
        {
            "differences": numbers(tied),
            **{
                alternative: float(
                    stats.wilcoxon(
                        tied, alternative=alternative, method=stats.PermutationMethod(n_resamples=np.inf)
                    ).pvalue
                )
                for alternative in ["two-sided", "less", "greater"]
            },
        }
    )
    names = {"drop": "wilcox", "pratt": "pratt", "split": "zsplit"}
    for n, decimals in [(12, 0), (30, 1), (60, 3), (40, 0)]:
        difference = np.round(random.normal(0.4, 1.2, n), decimals)
        for zeros, zero_method in names.items():
            for continuity in [False, True]:
                for alternative in ["two-sided", "less", "greater"]:
                    result = stats.wilcoxon(
                        difference,
                        zero_method=zero_method,
                        correction=continuity,
                        alternative=alternative,
                        method="asymptotic",
                    )
                    approximate.append(
                        {
                            "differences": numbers(difference),
                            "zeros": zeros,
                            "continuity": continuity,
                            "alternative": alternative,
                            "p": float(result.pvalue),
                        }
                    )
    return {"exact": exact, "normal": approximate}


def corrections():
    cases = []
    for values in [
        [0.03],
        [0.01, 0.04, 0.03, 0.005],
        [0.5, 0.5, 0.02, 0.9, 1.0, 0.0],
        numbers(random.uniform(0, 1, 12) ** 2),
    ]:
        cases.append(
            {
                "p": values,
                "holm": numbers(multipletests(values, method="holm")[1]),
                "benjaminiHochberg": numbers(multipletests(values, method="fdr_bh")[1]),
            }
        )
    return cases


def trends():
    kendall = []
    for n, decimals in [(3, None), (7, None), (20, None), (15, 0), (40, 1)]:
        values = random.normal(0, 1, n) + 0.1 * np.arange(n)
        if decimals is not None:
            values = np.round(values, decimals)
        order = np.arange(n)
        case = {"values": numbers(values), "tau": float(stats.kendalltau(order, values).statistic)}
        for method, name in [("exact", "exact"), ("asymptotic", "normal")]:
            if method == "exact" and decimals is not None:
                continue
            case[name] = {
                alternative: float(stats.kendalltau(order, values, method=method, alternative=alternative).pvalue)
                for alternative in ["two-sided", "less", "greater"]
            }
        kendall.append(case)
    page = []
    for rows, treatments in [(2, 3), (4, 4), (8, 3), (5, 5), (12, 4)]:
        values = random.normal(0, 1, (rows, treatments)) + 0.4 * np.arange(treatments)
        page.append(
            {
                "rows": [numbers(row) for row in values],
                "statistic": float(stats.page_trend_test(values).statistic),
                "exact": float(stats.page_trend_test(values, method="exact").pvalue),
                "normal": float(stats.page_trend_test(values, method="asymptotic").pvalue),
            }
        )
    linear = []
    for n in [3, 6, 25]:
        x = np.cumsum(random.uniform(0.2, 2, n))
        y = 0.3 * x + random.normal(0, 1, n)
        result = stats.linregress(x, y)
        linear.append(
            {
                "positions": numbers(x),
                "values": numbers(y),
                "slope": float(result.slope),
                "intercept": float(result.intercept),
                "correlation": float(result.rvalue),
                "standardError": float(result.stderr),
                "p": float(result.pvalue),
                "greater": float(stats.linregress(x, y, alternative="greater").pvalue),
            }
        )
    return {"mannKendall": kendall, "page": page, "linear": linear}


def proportions():
    wilson = []
    for successes, trials in [(0, 5), (3, 8), (40, 100), (100, 100), (1, 1000)]:
        for confidence in [0.95, 0.9]:
            low, high = proportion_confint(successes, trials, alpha=1 - confidence, method="wilson")
            wilson.append(
                {"successes": successes, "trials": trials, "confidence": confidence, "interval": [float(low), float(high)]}
            )
    tests = []
    for only_first, only_second in [(0, 1), (3, 9), (12, 12), (40, 21), (200, 260)]:
        table = [[50, only_first], [only_second, 70]]
        exact = mcnemar(table, exact=True)
        corrected = mcnemar(table, exact=False, correction=True)
        plain = mcnemar(table, exact=False, correction=False)
        tests.append(
            {
                "onlyFirst": only_first,
                "onlySecond": only_second,
                "exact": float(exact.pvalue),
                "corrected": {"statistic": float(corrected.statistic), "p": float(corrected.pvalue)},
                "plain": {"statistic": float(plain.statistic), "p": float(plain.pvalue)},
            }
        )
    return {"wilson": wilson, "mcnemar": tests}


def bootstrap():
    values = random.gamma(2, 1, 25)
    cases = []
    for name, statistic in [("mean", np.mean), ("variance", lambda x, axis: np.var(x, ddof=1, axis=axis))]:
        result = stats.bootstrap(
            (values,), statistic, n_resamples=499, confidence_level=0.95, method="BCa", rng=np.random.default_rng(7)
        )
        distribution = result.bootstrap_distribution
        cases.append(
            {
                "statistic": name,
                "values": numbers(values),
                "distribution": numbers(distribution),
                "bca": [float(result.confidence_interval.low), float(result.confidence_interval.high)],
                "percentile": numbers(np.percentile(distribution, [2.5, 97.5])),
            }
        )
    return cases


golden = {
    "madeBy": f"tools/parity/eval-statistics.py with scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, numpy {np.__version__}",
    "distributions": distributions(),
    "descriptive": descriptive(),
    "paired": paired_tests(),
    "power": power(),
    "welch": welch(),
    "permutation": permutation(),
    "wilcoxon": wilcoxon(),
    "corrections": corrections(),
    "trends": trends(),
    "proportions": proportions(),
    "bootstrap": bootstrap(),
}

with open(sys.argv[1], "w") as file:
    json.dump(golden, file, separators=(",", ":"))
    file.write("\n")
