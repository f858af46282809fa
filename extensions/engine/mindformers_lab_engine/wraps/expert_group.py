"""Exchange of tokens between experts: AlltoAll has no CPU kernel. With expert_parallel 1 every worker holds all experts and the
group is the worker alone; MindFormers leaves the exchange out when there is no group, which it decides by the parallel mode only."""

import mindformers.parallel_core.training_graph.transformer.moe.token_dispatcher as token_dispatcher


def install() -> None:
    group_name = token_dispatcher.get_ep_group_name

    def get_ep_group_name(rank_id, expert_model_parallel_size):
        return None if expert_model_parallel_size == 1 else group_name(rank_id, expert_model_parallel_size)

    token_dispatcher.get_ep_group_name = get_ep_group_name
