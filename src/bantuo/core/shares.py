"""Share an amount out so that the parts always add up to it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from bantuo.core.vocabulary import Ints, ratio_half_up


def share_out(amount: int, weights: Sequence[int]) -> list[int]:
    """Parts of `amount` in proportion to `weights`; they sum to it, whatever is rounded on the way.

    While `amount` is not above the sum of the weights, no part is above its weight. Without any
    weight the first part takes all.
    """
    total = sum(weights)
    if not total:
        return [amount, *[0] * (len(weights) - 1)] if weights else []
    reached = [ratio_half_up(Ints(), amount * sofar, total) for sofar in accumulate(weights)]
    return [later - sooner for sooner, later in zip([0, *reached], reached, strict=False)]
