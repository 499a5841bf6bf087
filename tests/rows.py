"""A number beside its limit, as the benchmarks print it."""

from dataclasses import dataclass


@dataclass
class Row:
    """A number and its limit; `where` is the page or the reason behind it."""

    what: str
    number: float
    limit: float | None
    where: str = ""

    @property
    def met(self) -> bool:
        return self.limit is None or self.number <= self.limit

    def __str__(self) -> str:
        number, limit = (f"{n:,.0f}" if n >= 1000 else f"{n:.4g}" if n else "0"
                         for n in (self.number, self.limit or 0))
        verdict = "" if self.limit is None else "met" if self.met else "NOT MET"
        limit = "" if self.limit is None else limit
        return f"{self.what:<52}{number:>9}{limit:>9}  {verdict:<8} {self.where}"
