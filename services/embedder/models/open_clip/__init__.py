"""Any OpenCLIP model.

`build` loads it with `open_clip` and writes its towers, in a process of its
own; `model` opens the result and needs neither torch nor `open_clip`. Between
them lie `towers` (the networks in torch), `preparation` (what happens to
pixels) and `tokens` (what happens to words).
"""
