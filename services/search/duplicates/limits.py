"""How alike images have to be, if whoever asks does not say; figures are in the docs."""

DEFAULT_DISTANCE = 6
"""Bits. Photographs that were encoded again, made smaller or brighter differ in 4 at most, and
others in 14 at least. Of a million pictures that have nothing in common a dozen pairs differ in 6
by chance, 600 in 8 and 19,000 in 10."""

DEFAULT_COSINE = 0.95
"""With `compact`, nine of ten photographs are as close to themselves with a tenth cut off, and none
of 200 to another. SemDeDup (Abbas et al., 2023) takes as much for CLIP's vectors."""
