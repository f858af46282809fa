"""What a CPU cannot do is said before anything is built. MindFormers' own configuration class is used as it is."""

import pytest
from mindformers.tools.register import MindFormerConfig

from mindformers_lab_engine.cpu import refuse_impossible
from mindformers_lab_engine.failure import EngineError


def configuration(mode=0, use_parallel=True, **sizes):
    return MindFormerConfig(
        use_parallel=use_parallel, parallel={"parallel_mode": mode}, parallel_config={"data_parallel": 2, **sizes}
    )


@pytest.mark.parametrize("mode", [0, "DATA_PARALLEL"])
def test_data_parallelism_is_fine(mode):
    refuse_impossible(configuration(mode, model_parallel=1, pipeline_stage=1))


def test_a_single_process_is_fine_whatever_the_mesh_says():
    refuse_impossible(configuration(1, use_parallel=False, model_parallel=4))


@pytest.mark.parametrize("mode", [1, 2, "SEMI_AUTO_PARALLEL"])
def test_other_modes_are_refused_with_the_line_to_type(mode):
    with pytest.raises(EngineError, match="only data parallelism") as raised:
        refuse_impossible(configuration(mode))
    assert raised.value.hint == "--parallel.parallel_mode 0"


@pytest.mark.parametrize("key", ["model_parallel", "pipeline_stage", "expert_parallel", "context_parallel"])
def test_a_split_model_is_refused(key):
    with pytest.raises(EngineError, match=f"parallel_config.{key} is 2"):
        refuse_impossible(configuration(0, **{key: 2}))
