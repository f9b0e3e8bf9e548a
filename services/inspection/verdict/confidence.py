"""How sure a verdict is."""


def confidence(p_value: float, target: float) -> float:
    """0 at the threshold, towards 1 away from it on either side.

    1 - p/t where the score is beyond the threshold (p < t), 1 - t/p where it is not.

    Args:
        p_value: Share p of normal images that score as high, above 0 to 1.
        target: Share t of normal images that may be called anomalous, above 0.
    """
    return 1 - min(p_value / target, target / p_value)


def uncertainty(p_value: float, target: float) -> float:
    """How unsure a verdict is: 1 at the threshold, towards 0 away from it."""
    return 1 - confidence(p_value, target)
