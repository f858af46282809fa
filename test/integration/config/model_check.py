"""Builds MindFormers' own configuration objects from YAML texts, as its trainer does before it builds the model.

Input: a JSON file with a list of YAML texts. Prints for each null or the error's text.
"""

import contextlib
import json
import logging
import os
import sys
import tempfile

logging.disable(logging.CRITICAL)
import numpy as np

with contextlib.redirect_stdout(sys.stderr):
    from mindformers.models.deepseek3.config_converter_deepseek_v3 import DeepseekV3ConfigConverter
    from mindformers.models.deepseek3.configuration_deepseek_v3 import DeepseekV3Config
    from mindformers.parallel_core.training_graph.transformer.utils import LayerSetting
    from mindformers.tools.register.config import MindFormerConfig
    from mindformers.tools.register.template import ConfigTemplate

    def check(text):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "config.yaml")
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            config = MindFormerConfig(path)
        ConfigTemplate.apply_template(config)
        model = DeepseekV3Config(**config.model["model_config"]).to_dict()
        model["parallel_config"] = dict(config["parallel_config"])
        converted = DeepseekV3ConfigConverter.convert(model, is_mla_model=True)
        layers = object.__new__(LayerSetting)  # its check of the offsets alone: the rest needs a device
        layers.num_layers, layers.offset = converted.num_layers, np.array(converted.offset, np.int32)
        layers.pp = converted.pipeline_model_parallel_size
        interleaved = (config.parallel.get("pipeline_config") or {}).get("pipeline_interleave")
        layers.pp_interleave_num = (converted.virtual_pipeline_model_parallel_size or 1) if interleaved else 1
        layers._check_inputs()

    def outcome(text):
        try:
            check(text)
        except Exception as error:  # every refusal is an answer
            return f"{type(error).__name__}: {error}"
        return None

    answers = [outcome(text) for text in json.load(open(sys.argv[1], encoding="utf-8"))]
print(json.dumps(answers))
