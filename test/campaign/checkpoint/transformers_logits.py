"""Logits of `transformers` on a CPU: transformers_logits.py MODEL IDS OUTPUT

MODEL: a Hugging Face folder. IDS: JSON, rows of token ids. OUTPUT: .npy [tokens, vocabulary].
Prints the names that the folder lacks or holds in vain, as `transformers` reports them.
"""

import json
import sys

import numpy as np
import torch
from transformers import AutoModelForCausalLM

folder, ids_path, output = sys.argv[1:]
model, report = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
model.eval()
with open(ids_path, encoding="utf-8") as file:
    ids = torch.tensor(json.load(file))
with torch.no_grad():
    logits = model(ids).logits
np.save(output, logits.numpy().reshape(-1, logits.shape[-1]))
print(json.dumps({key: sorted(map(str, report[key])) for key in ("missing_keys", "unexpected_keys", "mismatched_keys")}))
