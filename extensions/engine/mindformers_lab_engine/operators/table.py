"""All substitutes. The class has the name of the operator that it stands for."""

from .activation import Swiglu
from .arithmetic import CumsumExt, FmodScalar, Outer, StackExt
from .attention import FlashAttentionScore
from .experts import GroupedMatmul
from .indexing import IndexSelect
from .normalization import RmsNorm
from .placement import MoveTo, TensorDump
from .sorting import SortExt, TopkExt

SUBSTITUTES: tuple[type, ...] = (
    CumsumExt,
    FlashAttentionScore,
    FmodScalar,
    GroupedMatmul,
    IndexSelect,
    MoveTo,
    Outer,
    RmsNorm,
    SortExt,
    StackExt,
    Swiglu,
    TensorDump,
    TopkExt,
)
