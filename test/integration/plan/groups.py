"""Communication groups as MindFormers' own functions compute them. Arguments: a JSON file with the questions; prints the answers as JSON."""

import json
import sys

from mindspore import ParallelMode

import mindformers.parallel_core.training_graph.communication as dense
import mindformers.parallel_core.training_graph.transformer.moe.utils as experts

# Creating the group itself needs a cluster; what is asked for is the list of its ranks.
dense.create_group = lambda name, ranks: None
experts.get_group = lambda ranks: ranks
experts._get_parallel_mode = lambda: ParallelMode.SEMI_AUTO_PARALLEL


def groups(question):
    dp, tp, cp, pp, ep = (question[name] for name in ("dp", "tp", "cp", "pp", "ep"))
    answers = []
    for rank in range(dp * tp * cp * pp):
        # An optimizer group of all replicas of a tensor that is divided tp · cp ways is the data-parallel group.
        _, optimizer = dense.get_op_group_name(rank, dp, tp * cp)
        answers.append(
            {
                "context": dense.get_cp_group_name(rank, dp, tp, cp)[1],
                "data": dense.get_dp_group_name(rank, dp, tp, cp)[1],
                "optimizer": optimizer,
                "expert": experts.get_ep_group_name(rank, ep),
            }
        )
    return answers


with open(sys.argv[1], encoding="utf-8") as file:
    asked = json.load(file)
print(json.dumps({"groups": [groups(each) for each in asked["meshes"]]}))
