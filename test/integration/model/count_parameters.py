"""Builds MindFormers' own training models on a CPU, as its trainer does, and prints what they hold.

Input: a JSON file with a list of `model.model_config` sections. Prints a JSON list, for each section
{parameters: [[name, shape, type, trainable], …], flops: MindFormers' own figure for one sample}.
"""

import atexit
import contextlib
import json
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

logs = tempfile.mkdtemp(prefix="count-parameters-")
atexit.register(shutil.rmtree, logs, ignore_errors=True)
os.environ["LOG_MF_PATH"] = logs
logging.disable(logging.CRITICAL)
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "extensions/engine"))
sys.dont_write_bytecode = True

with contextlib.redirect_stdout(sys.stderr):
    from mindformers_lab_engine.cpu import install_cpu_layer

    install_cpu_layer()
    from mindformers.core.context import build_context
    from mindformers.models.build_model import build_model
    from mindformers.models.utils import convert_transformer_config_to_args_for_tflops, num_floating_point_operations
    from mindformers.parallel_core.training_graph.base_models.gpt.gpt_layer_specs import get_gpt_decoder_block_spec
    from mindformers.parallel_core.training_graph.base_models.gpt.gpt_model import GPTModel
    from mindformers.parallel_core.transformer_config import TransformerConfig
    from mindformers.tools.register.config import MindFormerConfig

    context = {"mode": 0, "device_target": "CPU"}
    build_context(MindFormerConfig(context=context, use_parallel=False, run_mode="train", use_legacy=False))

    def general(section):
        """A model without a class of its own, from MindFormers' TransformerConfig."""
        dropout = {"attention_dropout": 0.0, "hidden_dropout": 0.0}  # the CPU's attention has none
        config = TransformerConfig(**section, **dropout)
        return GPTModel(
            config=config,
            transformer_layer_spec=get_gpt_decoder_block_spec(config),
            vocab_size=config.vocab_size,
            max_sequence_length=config.max_position_embeddings,
            position_embedding_type="rope",
        ), config

    def typed(section):
        model = build_model(MindFormerConfig(model_config=dict(section)))
        return model, model.get_gpt_transformer_config()

    def describe(section):
        model, config = (typed if "model_type" in section else general)(section)
        config = convert_transformer_config_to_args_for_tflops(config)
        return {
            "parameters": [
                [p.name, list(p.shape), str(p.dtype), bool(p.requires_grad)] for p in model.get_parameters()
            ],
            "flops": num_floating_point_operations(config, 1),
        }

    answers = [describe(section) for section in json.load(open(sys.argv[1], encoding="utf-8"))]
print(json.dumps(answers))
