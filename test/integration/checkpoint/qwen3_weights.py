"""Qwen3 weights of Hugging Face as MindFormers' own converter makes them: qwen3_weights.py (IN CONFIG OUT)…

IN: safetensors with Hugging Face's names. CONFIG: JSON of the model's config.json. OUT: safetensors with MindFormers' names. Prints how
many tensors each has. MindFormers' loader puts the experts of a layer together before it converts them; so does this script.
"""

import json
import re
import sys
from types import SimpleNamespace

import numpy as np
from mindformers.checkpoint.converter.template import WeightTemplate
from mindformers.models.qwen3.utils import Qwen3PreTrainedModel
from mindformers.models.qwen3_moe.utils import Qwen3MoePreTrainedModel
from safetensors.numpy import load_file, save_file

EXPERT = re.compile(r"(.*\.mlp\.experts)\.(\d+)\.(.*)")


def convert(source, config_path, output):
    with open(config_path, encoding="utf-8") as file:
        config = json.load(file)
    model = Qwen3MoePreTrainedModel if config["model_type"] == "qwen3_moe" else Qwen3PreTrainedModel
    weights = load_file(source)
    experts = {}
    for name in [name for name in weights if EXPERT.fullmatch(name)]:
        place, number, part = EXPERT.fullmatch(name).groups()
        experts.setdefault(f"{place}.0.{part}", {})[int(number)] = weights.pop(name)
    for name, parts in experts.items():
        weights[name] = np.stack([parts[number] for number in sorted(parts)])
    template = WeightTemplate(model.weight_converters)
    template.set_model_config(
        SimpleNamespace(
            num_moe_experts=config.get("num_experts"),
            hidden_size=config["hidden_size"],
            moe_ffn_hidden_size=config.get("moe_intermediate_size"),
            expert_model_parallel_size=1,
            tensor_model_parallel_size=1,
            num_attention_heads=config["num_attention_heads"],
            num_query_groups=config["num_key_value_heads"],
            kv_channels=config["head_dim"],
        )
    )
    converted = {name: weight.asnumpy() for name, weight in template.get_mf_state_dict(weights).items()}
    save_file({name: np.ascontiguousarray(weight) for name, weight in converted.items()}, output)
    return len(converted)


arguments = sys.argv[1:]
print(json.dumps([convert(*arguments[at : at + 3]) for at in range(0, len(arguments), 3)]))
