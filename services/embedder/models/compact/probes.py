"""Texts to compare networks on."""

TEXTS = (
    "a photo of a cat",
    "rust on the edge of a machined steel part",
    "ships at sea",
    "Zwei rote Äpfel auf einem Tisch, daneben ein Glas Wasser und eine alte Zeitung.",
)
