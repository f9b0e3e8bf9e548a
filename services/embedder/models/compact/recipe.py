"""The numbers that define the compact model's vectors."""

from services.embedder.model import PatchInfo

MODEL = "compact"

RECIPE = "compact/4"
"""Part of the model's version; must change with anything that changes vectors: these numbers, the
networks, the preprocessing."""

IMAGE_SIZE = 224
CROP = 0.875
"""Side of the seen square as a part of the image's shorter side, as the backbone was trained."""

CONTEXT_LENGTH = 256
"""What the sentence encoder was trained with, in tokens."""

CLASSES_USED = 30
"""How many of the likeliest classes make an image's meaning (ConSE), each by how much likelier it
is than the next one after them."""

CLASS_TEXTS = ("a photo of a {}", "{}")
"""What the sentence encoder reads for a class; the mean of the vectors is the class's."""

SEMANTIC_DIMENSION = 384
APPEARANCE_DIMENSION = 128
DIMENSION = SEMANTIC_DIMENSION + APPEARANCE_DIMENSION

APPEARANCE_WEIGHT = 0.5
"""Part of appearance in the cosine of two images; the rest is meaning."""

PATCH_BLOCKS = (2, 3, 4)
"""Stages of the backbone whose last outputs are patch features: one at stride 8, two at 16."""

PATCH_MULTIPLE = 16
"""Sides of what the patch network sees are multiples of this."""

PATCHES = PatchInfo(dimension=40 + 80 + 112, stride=16, size=192, min_size=64, max_size=1024)
