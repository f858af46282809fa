"""Asks MindFormers itself about configurations: runs the checks of its trainer, in its trainer's order, without a device and without training.

Input: a JSON file with a list of {text, devices, environment, network}. Prints for each null (accepted) or "where: Type: message" of the refusal.
What needs a cluster, a data set or an NPU is left out; the number of devices is told by RANK_SIZE, as msrun does it.
"""

import contextlib
import json
import logging
import os
import sys
import tempfile
import types

logging.disable(logging.CRITICAL)
import numpy as np

with contextlib.redirect_stdout(sys.stderr):
    import mindspore as ms
    from mindspore import Parameter, Tensor
    from mindspore.nn.utils import no_init_parameters

    import mindformers.trainer.base_trainer as base_trainer
    from mindformers.core.callback import build_callback
    from mindformers.core.context import parallel as parallel_context
    from mindformers.core.context.validators import execute_validator
    from mindformers.core.lr import build_lr
    from mindformers.core.optim import build_optim
    from mindformers.core.parallel_config import build_parallel_config
    from mindformers.models.deepseek3.config_converter_deepseek_v3 import DeepseekV3ConfigConverter
    from mindformers.models.deepseek3.configuration_deepseek_v3 import DeepseekV3Config
    from mindformers.models.deepseek3.utils import DeepseekV3PreTrainedModel
    from mindformers.models.qwen3.config_converter_qwen3 import Qwen3ConfigConverter
    from mindformers.models.qwen3.configuration_qwen3 import Qwen3Config
    from mindformers.models.qwen3_moe.config_converter_qwen3_moe import Qwen3MoeConfigConverter
    from mindformers.models.qwen3_moe.configuration_qwen3_moe import Qwen3MoeConfig
    from mindformers.parallel_core.training_graph.base_models.gpt.gpt_layer_specs import get_gpt_decoder_block_spec
    from mindformers.parallel_core.training_graph.device_matrix import layout
    from mindformers.parallel_core.training_graph.transformer.mask_generate import CausalMaskGenerate
    from mindformers.parallel_core.training_graph.transformer.moe.ffn import FFNGroupedGEMM
    from mindformers.parallel_core.training_graph.transformer.utils import LayerSetting
    from mindformers.parallel_core.utils.spec_utils import build_module
    from mindformers.tools.register.config import MindFormerConfig
    from mindformers.tools.register.register import MindFormerModuleType, MindFormerRegister
    from mindformers.tools.register.template import ConfigTemplate
    from mindformers.trainer.trainer import Trainer
    from mindformers.trainer.utils import check_runner_config
    from mindformers.tools.check_rules import check_rules

    models = {
        "deepseek_v3": (DeepseekV3Config, DeepseekV3ConfigConverter, True),
        "qwen3": (Qwen3Config, Qwen3ConfigConverter, False),
        "qwen3_moe": (Qwen3MoeConfig, Qwen3MoeConfigConverter, False),
    }

    class Samples:
        """Stands for the data set: only its size is asked for."""

        def __init__(self, size):
            self.size = size

        def get_dataset_size(self):
            return self.size

    def read(text):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "config.yaml")
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            config = MindFormerConfig(path)
        ConfigTemplate.apply_template(config)
        return MindFormerConfig(**config)

    def set_context(config, devices):
        """What ParallelOperator does once the communication is up."""
        ms.reset_auto_parallel_context()
        operator = object.__new__(parallel_context.ParallelOperator)
        operator.config = config
        settings, _ = operator._handle_data()
        known = {**dict(settings), "device_num": devices}
        if config.context.get("jit_config"):
            ms.set_context(jit_config=dict(config.context.jit_config))
        known.pop("strategy_ckpt_config", None)
        known.pop("strategy_ckpt_save_file", None)
        operator._set_ms_auto_parallel_context(**known)

    def trainer_of(config):
        trainer = object.__new__(base_trainer.BaseTrainer)
        trainer.config = config
        return trainer

    def check_model(config, legacy):
        section = dict(config.model["model_config"])
        kind = section.get("model_type")
        if legacy or kind not in models:
            return None
        config_class, converter, latent = models[kind]
        model = config_class(**section).to_dict()
        model["parallel_config"] = {**dict(config.raw_parallel_config), **config.raw_recompute_config}
        converted = converter.convert(model, is_mla_model=latent)
        layers = object.__new__(LayerSetting)  # its check of the offsets alone: the rest needs a device
        layers.num_layers, layers.offset = converted.num_layers, np.array(converted.offset, np.int32)
        layers.pp = converted.pipeline_model_parallel_size
        interleaved = ms.get_auto_parallel_context("pipeline_interleave")
        layers.pp_interleave_num = (converted.virtual_pipeline_model_parallel_size or 1) if interleaved else 1
        layers._check_inputs()
        return converted

    def check_network(converted):
        """Builds the first and the last of the real layers, without memory for their parameters: their constructors have checks of their own."""
        layout.init_layout(converted)
        CausalMaskGenerate(
            seq_length=converted.seq_length,
            use_flash_attention=converted.use_flash_attention,
            use_attn_mask_compression=converted.use_attn_mask_compression,
            config=converted,
        )
        with contextlib.suppress(AttributeError):  # only the check at its beginning is asked for
            FFNGroupedGEMM.shard(types.SimpleNamespace(), converted)
        specs = get_gpt_decoder_block_spec(converted).layer_specs
        parts = [getattr(specs[number].submodules, name) for number in (0, -1) for name in ("self_attention", "mlp")]
        for part in parts:
            arguments = {"layer_number": 1} if part.module is not specs[0].submodules.mlp.module else {}
            try:
                with no_init_parameters():
                    build_module(part, config=converted, **arguments)
            except RuntimeError as error:  # past its checks the layer asks for its neighbors, whom there are none of
                if "not initialized" not in str(error) and "not been inited" not in str(error):
                    raise

    def stages(case):
        """Named steps in the order of MindFormers' trainer."""
        devices, state = case["devices"], {}

        def load():
            state["config"] = read(case["text"])
            state["legacy"] = state["config"].use_legacy is not False
            state["config"].raw_parallel_config = dict(state["config"].parallel_config)
            state["config"].raw_recompute_config = dict(state["config"].recompute_config or {})
            base_trainer.is_legacy_model = lambda: state["legacy"]
            level = state["config"].context.get("dataset_broadcast_opt_level", 0)
            base_trainer.mf_get_context = lambda name: level if name == "dataset_broadcast_opt_level" else 0

        def rules():
            trainer = object.__new__(Trainer)
            trainer.config = state["config"]
            trainer._check_config_type()
            trainer._check_config_rules()
            if state["config"].load_checkpoint:
                Trainer.get_load_checkpoint(state["config"].load_checkpoint)

        def batch():
            trainer = trainer_of(state["config"])
            trainer._check_grad_accumulation_steps()
            trainer._train_dataset_preprocess(state["config"])
            trainer._check_global_batch_size_for_auto_parallel()
            samples = state["config"].train_dataset.data_loader.get("sizes", [0])[0]
            check_runner_config(state["config"], Samples(samples // trainer.global_batch_size))

        def model():
            state["model"] = check_model(state["config"], state["legacy"])
            if state["config"].get("use_checkpoint_health_monitor") and state["model"] is None:
                assert state["config"].model.model_config.hidden_size and state["config"].model.model_config.vocab_size

        def pipeline():
            if state["config"].model.model_config.get("model_type") != "deepseek_v3":
                return
            shape = MindFormerConfig(
                num_hidden_layers=state["model"].num_layers,
                num_nextn_predict_layers=state["model"].mtp_num_layers or 0,
                parallel_config=state["config"].raw_parallel_config,
                pp_interleave_num=state["model"].virtual_pipeline_model_parallel_size,
            )
            DeepseekV3PreTrainedModel.check_pipeline_stage(types.SimpleNamespace(config=shape))

        def network():
            if case.get("network") and state["model"] is not None:
                check_network(state["model"])

        def wrapper():
            config = state["config"]
            if (config.micro_batch_interleave_num or 1) > 1 or (config.raw_parallel_config.get("seq_split_num") or 1) > 1:
                trainer_of(config).wrap_network_with_tool_cells(None)

        def schedule():
            config = state["config"]
            if config.lr_schedule:
                section = dict(config.lr_schedule)
                if section.get("total_steps") in (None, -1):
                    section["total_steps"] = 1000
                build_lr(MindFormerConfig(**section))

        def optimizer():
            section = MindFormerConfig(**state["config"].optimizer)
            if section.type != "Muon":
                section.pop("swap", None)  # works on Ascend only
            elif not section.get("swap"):
                return  # Muon looks at the network
            build_optim(section, default_args={"params": [Parameter(Tensor(np.zeros(2, np.float32)), name="w")]})

        def callbacks():
            for callback in state["config"].callbacks or []:
                MindFormerRegister.get_cls(MindFormerModuleType.CALLBACK, callback["type"])
                if callback.get("type") != "CheckpointMonitor":
                    continue
                arguments = {"checkpoint_format": "ckpt", "append_info": [{"loss_scale": 1}]}
                build_callback(MindFormerConfig(**callback), default_args=arguments)

        yield "template", load
        yield "validators", lambda: execute_validator(state["config"])
        yield "context", lambda: set_context(state["config"], devices)
        yield "config rules", rules
        yield "parallel config", lambda: build_parallel_config(state["config"])
        yield "batch", batch
        yield "check rules", lambda: check_rules(state["config"], mode="train")
        yield "model", model
        yield "pipeline", pipeline
        yield "network", network
        yield "wrapper", wrapper
        yield "schedule", schedule
        yield "optimizer", optimizer
        yield "callbacks", callbacks

    def outcome(case):
        before = dict(os.environ)
        os.environ["RANK_SIZE"] = str(case["devices"])
        os.environ.update({key: value for key, value in (case.get("environment") or {}).items() if value is not None})
        try:
            for name, check in stages(case):
                try:
                    check()
                except Exception as error:  # every refusal is an answer
                    return f"{name}: {type(error).__name__}: {error}"
        finally:
            os.environ.clear()
            os.environ.update(before)
        return None

    answers = [outcome(case) for case in json.load(open(sys.argv[1], encoding="utf-8"))]
print(json.dumps(answers))
