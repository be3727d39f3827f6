"""Numbers that differ by chance from person to person, or from tie to tie: named distributions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simulator.errors import Problem, SpecError, allowed_words

DISTRIBUTIONS = {
    "normal": "mean and sd",
    "lognormal": "mean and sd of the number itself, not of its logarithm",
    "uniform": "min and max, or mean and sd",
    "gamma": "mean and sd, both above 0",
    "beta": "mean between 0 and 1, and sd",
}
"""Names of the distributions, and what each is given."""


@dataclass(frozen=True)
class Distribution:
    """A distribution, cut off below `min` and above `max` where these are given.

    Parameters
    ----------
    distribution : str
        A key of `DISTRIBUTIONS`.
    mean, sd : float, optional
        Of the numbers before they are cut off. An sd of 0 gives everybody the mean.
    min, max : float, optional
        The distribution is conditional on lying between them (it is rescaled, not piled up at the ends).
    """

    distribution: str
    mean: float | None = None
    sd: float | None = None
    min: float | None = None
    max: float | None = None

    def problems(self) -> list[Problem]:
        """Return what is wrong with the numbers, if anything; places as in ``("sd",)``."""
        if self.distribution not in DISTRIBUTIONS:
            allowed = allowed_words(self.distribution, list(DISTRIBUTIONS))
            return [Problem(f"unknown distribution `{self.distribution}`", ("distribution",), allowed)]
        found = []
        if self.min is not None and self.max is not None and not self.min < self.max:
            found.append(Problem(f"min {self.min:g} is not below max {self.max:g}", ("max",)))
        if self.mean is None and self.sd is None and self.distribution == "uniform":
            found += [
                Problem(f"a uniform distribution without mean and sd needs `{key}`")
                for key in ("min", "max")
                if getattr(self, key) is None
            ]
            return found
        if self.mean is None or self.sd is None:
            lacking = [f"`{key}`" for key in ("mean", "sd") if getattr(self, key) is None]
            needs = DISTRIBUTIONS[self.distribution]
            return [
                *found,
                Problem(f"{' and '.join(lacking)} missing", (), f"{self.distribution} takes {needs}"),
            ]
        if self.sd < 0:
            found.append(Problem(f"sd is {self.sd:g}; it cannot be negative", ("sd",)))
        if self.distribution in ("lognormal", "gamma") and self.mean <= 0:
            found.append(Problem(f"the mean of a {self.distribution} is above 0, not {self.mean:g}", ("mean",)))
        if self.distribution == "beta":
            if not 0 < self.mean < 1:
                found.append(Problem(f"the mean of a beta is between 0 and 1, not {self.mean:g}", ("mean",)))
            elif self.sd**2 >= self.mean * (1 - self.mean):
                most = (self.mean * (1 - self.mean)) ** 0.5
                found.append(Problem(f"sd is {self.sd:g}; with this mean it is below {most:.3g}", ("sd",)))
        return found

    def sample(self, uniforms: np.ndarray) -> np.ndarray:
        """Turn uniform numbers into numbers of this distribution, by its inverse.

        Parameters
        ----------
        uniforms : float64[n] in [0, 1)

        Returns
        -------
        float64[n]

        Raises
        ------
        SpecError
            If the numbers are wrong, or practically nothing lies between `min` and `max`.
        """
        problems = self.problems()
        if problems:
            raise SpecError(problems)
        low = -np.inf if self.min is None else self.min
        high = np.inf if self.max is None else self.max
        if self.sd == 0:
            if not low <= float(self.mean or 0.0) <= high:
                raise SpecError(Problem(f"the mean {self.mean:g} is not between min and max, and sd is 0", ("sd",)))
            return np.full(uniforms.shape, float(self.mean or 0.0))
        law = self._law()
        below, above = law.cdf([low, high])
        if not above - below > 1e-9:
            raise SpecError(Problem(f"practically nothing of this {self.distribution} lies between min and max"))
        # Never 0 or 1 themselves: their inverse is infinite.
        places = np.clip(uniforms, 2.0**-54, 1 - 2.0**-53)
        return np.clip(law.ppf(below + places * (above - below)), low, high)

    def _law(self) -> Any:
        """Return scipy's distribution with this mean and standard deviation."""
        from scipy import stats

        if self.mean is None or self.sd is None:
            low, high = float(self.min or 0.0), float(self.max or 0.0)
            return stats.uniform(low, high - low)
        mean, sd = self.mean, self.sd
        if self.distribution == "normal":
            return stats.norm(mean, sd)
        if self.distribution == "uniform":
            return stats.uniform(mean - 3**0.5 * sd, 2 * 3**0.5 * sd)
        if self.distribution == "gamma":
            return stats.gamma((mean / sd) ** 2, scale=sd**2 / mean)
        if self.distribution == "beta":
            both = mean * (1 - mean) / sd**2 - 1
            return stats.beta(mean * both, (1 - mean) * both)
        spread = float(np.log1p((sd / mean) ** 2))
        return stats.lognorm(spread**0.5, scale=mean / float(np.exp(spread / 2)))
