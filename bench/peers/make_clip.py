"""Writes CLIP ViT-B/32 with random weights as `transformers` stores it, for infinity-emb.

python -m bench.peers.make_clip FOLDER
"""

import json
import sys
import tempfile
from pathlib import Path

import torch
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizerFast


def main(folder: Path) -> None:
    """Writes the model; its tokenizer knows no words, since only images are embedded."""
    torch.manual_seed(0)
    CLIPModel(CLIPConfig()).save_pretrained(folder)
    with tempfile.TemporaryDirectory() as temporary:
        vocabulary, merges = Path(temporary) / "vocab.json", Path(temporary) / "merges.txt"
        vocabulary.write_text(
            json.dumps({"a</w>": 0, "<|startoftext|>": 49406, "<|endoftext|>": 49407})
        )
        merges.write_text("#version: 0.2\n")
        tokenizer = CLIPTokenizerFast(str(vocabulary), str(merges))
        CLIPProcessor(CLIPImageProcessor(), tokenizer).save_pretrained(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
