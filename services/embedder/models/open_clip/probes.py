"""Texts, the same on every machine, to compare tokenizers and networks on."""

TEXTS = (
    "a photo of a cat",
    "",
    "!",
    "a photo of a dog!!! ?! ...",
    "Rust on the edge of a machined STEEL part, 3.5 mm × 20 mm (ISO 9001)",
    "I'll say it's we've they'd don't I'm you're",
    "Zwei rote Äpfel auf einem Tisch, daneben ein Glas Wasser und eine alte Zeitung.",
    "猫が窓のそばで眠っている",
    "кошка спит на подоконнике",
    "قطة نائمة على النافذة",
    "a 🚀 over 👩‍🚀👨‍👩‍👧‍👦 and a flag 🇩🇪",
    "fish &amp; chips &lt;b&gt;bold&lt;/b&gt; &amp;amp;",
    "schÃ¶n “quoted” text… with\ttabs\nand lines\u00a0and \u200b nothing",
    "under_scores-and/slashes\\and#hashes@at e-mail@example.com https://example.com/a?b=c",
    "ﬁne ligatures, ½ cup, x² + y³, №5, İstanbul, ǅ, ſtraße, ΑΒΓ",
    "1234567890 12 345 6,789",
    "e\u0301 combined, e\u0301\u0302 twice, \u00e9 whole",
    "word " * 100,
    "supercalifragilisticexpialidocious" * 20,
    "cat, " * 200,
)
