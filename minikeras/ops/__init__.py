"""Keras's public operations, on Tensors and on anything that becomes one.

Each converts its arguments, promotes their dtypes by Keras's rules and calls a
primitive; what Keras composes from several operations is composed.  The functions are
in the files of their families, and all together in `functions`.  What is here is their
public face: a call on a symbolic tensor becomes a node, under the name that Keras has
for it in files, and with the arguments that are tensors there.
"""

from minikeras import absent
from minikeras.ops import functions, public
from minikeras.ops.operation import Operation as Operation
from minikeras.values.symbolic import OPERATIONS

abs = public.operation("Absolute", "ops.numpy", "x")(functions.abs)
absolute = public.operation("Absolute", "ops.numpy", "x")(functions.absolute)
add = public.operation("Add", "ops.numpy", "x1 x2")(functions.add)
all = public.operation("All", "ops.numpy", "x")(functions.all)
amax = public.operation("Amax", "ops.numpy", "x")(functions.amax)
amin = public.operation("Amin", "ops.numpy", "x")(functions.amin)
any = public.operation("Any", "ops.numpy", "x")(functions.any)
append = public.operation("Append", "ops.numpy", "x1 x2")(functions.append)
arange = functions.arange
arccos = public.operation("Arccos", "ops.numpy", "x")(functions.arccos)
arccosh = public.operation("Arccosh", "ops.numpy", "x")(functions.arccosh)
arcsin = public.operation("Arcsin", "ops.numpy", "x")(functions.arcsin)
arcsinh = public.operation("Arcsinh", "ops.numpy", "x")(functions.arcsinh)
arctan = public.operation("Arctan", "ops.numpy", "x")(functions.arctan)
arctan2 = public.operation("Arctan2", "ops.numpy", "x1 x2")(functions.arctan2)
arctanh = public.operation("Arctanh", "ops.numpy", "x")(functions.arctanh)
argmax = public.operation("Argmax", "ops.numpy", "x")(functions.argmax)
argmin = public.operation("Argmin", "ops.numpy", "x")(functions.argmin)
argsort = public.operation("Argsort", "ops.numpy", "x")(functions.argsort)
array = public.operation("Array", "ops.numpy", "x")(functions.array)
average = public.operation("Average", "ops.numpy", "x weights=")(functions.average)
average_pool = public.operation("AveragePool", "ops.nn", "inputs")(
    functions.average_pool
)
batch_normalization = public.operation(
    "BatchNorm", "ops.nn", "x mean variance offset scale"
)(functions.batch_normalization)
binary_crossentropy = public.operation("BinaryCrossentropy", "ops.nn", "target output")(
    functions.binary_crossentropy
)
bincount = public.operation("Bincount", "ops.numpy", "x")(functions.bincount)
broadcast_to = public.operation("BroadcastTo", "ops.numpy", "x")(functions.broadcast_to)
cast = public.operation("Cast", "ops.core", "x")(functions.cast)
categorical_crossentropy = public.operation(
    "CategoricalCrossentropy", "ops.nn", "target output"
)(functions.categorical_crossentropy)
ceil = public.operation("Ceil", "ops.numpy", "x")(functions.ceil)
celu = public.operation("Celu", "ops.nn", "x")(functions.celu)
clip = public.operation("Clip", "ops.numpy", "x")(functions.clip)
concatenate = public.operation("Concatenate", "ops.numpy", "xs")(functions.concatenate)
cond = public.operation_on_functions("Cond", "ops.core", "pred true_fn false_fn")(
    functions.cond
)
conj = public.operation("Conjugate", "ops.numpy", "x")(functions.conj)
conv = public.operation("Conv", "ops.nn", "inputs kernel")(functions.conv)
convert_to_numpy = functions.convert_to_numpy
convert_to_tensor = public.operation("ConvertToTensor", "ops.core", "x")(
    functions.convert_to_tensor
)
copy = public.operation("Copy", "ops.numpy", "x")(functions.copy)
cos = public.operation("Cos", "ops.numpy", "x")(functions.cos)
cosh = public.operation("Cosh", "ops.numpy", "x")(functions.cosh)
count_nonzero = public.operation("CountNonzero", "ops.numpy", "x")(
    functions.count_nonzero
)
cross = public.operation("Cross", "ops.numpy", "x1 x2")(functions.cross)
ctc_loss = public.operation(
    "CTCLoss", "ops.nn", "target output target_length output_length"
)(functions.ctc_loss)
cumprod = public.operation("Cumprod", "ops.numpy", "x")(functions.cumprod)
cumsum = public.operation("Cumsum", "ops.numpy", "x")(functions.cumsum)
custom_gradient = functions.custom_gradient
diag = public.operation("Diag", "ops.numpy", "x")(functions.diag)
diagonal = public.operation("Diagonal", "ops.numpy", "x")(functions.diagonal)
diff = public.operation("Diff", "ops.numpy", "a")(functions.diff)
digitize = public.operation("Digitize", "ops.numpy", "x bins")(functions.digitize)
divide = public.operation("Divide", "ops.numpy", "x1 x2")(functions.divide)
divide_no_nan = public.operation("DivideNoNan", "ops.numpy", "x1 x2")(
    functions.divide_no_nan
)
dot = public.operation("Dot", "ops.numpy", "x1 x2")(functions.dot)
dot_product_attention = public.operation(
    "DotProductAttention", "ops.nn", "query key value bias= mask= scale="
)(functions.dot_product_attention)
dtype = functions.dtype
einsum = public.operation("Einsum", "ops.numpy", "operands")(functions.einsum)
elu = public.operation("Elu", "ops.nn", "x")(functions.elu)
empty = functions.empty
equal = public.operation("Equal", "ops.numpy", "x1 x2")(functions.equal)
erf = public.operation("Erf", "ops.math", "x")(functions.erf)
exp = public.operation("Exp", "ops.numpy", "x")(functions.exp)
exp2 = public.operation("Exp2", "ops.numpy", "x")(functions.exp2)
expand_dims = public.operation("ExpandDims", "ops.numpy", "x")(functions.expand_dims)
expm1 = public.operation("Expm1", "ops.numpy", "x")(functions.expm1)
eye = functions.eye
flip = public.operation("Flip", "ops.numpy", "x")(functions.flip)
floor = public.operation("Floor", "ops.numpy", "x")(functions.floor)
floor_divide = public.operation("FloorDivide", "ops.numpy", "x1 x2")(
    functions.floor_divide
)
fori_loop = public.operation_on_functions("ForiLoop", "ops.core", "init_val")(
    functions.fori_loop
)
full = public.operation("Full", "ops.numpy", "fill_value")(functions.full)
full_like = public.operation("FullLike", "ops.numpy", "x fill_value")(
    functions.full_like
)
gelu = public.operation("Gelu", "ops.nn", "x")(functions.gelu)
get_item = public.operation("GetItem", "ops.numpy", "x key")(functions.get_item)
grad = functions.grad
greater = public.operation("Greater", "ops.numpy", "x1 x2")(functions.greater)
greater_equal = public.operation("GreaterEqual", "ops.numpy", "x1 x2")(
    functions.greater_equal
)
hard_shrink = public.operation("HardShrink", "ops.nn", "x")(functions.hard_shrink)
hard_sigmoid = public.operation("HardSigmoid", "ops.nn", "x")(functions.hard_sigmoid)
hard_silu = public.operation("HardSilu", "ops.nn", "x")(functions.hard_silu)
hard_swish = hard_silu
hard_tanh = public.operation("HardTanh", "ops.nn", "x")(functions.hard_tanh)
hstack = public.operation("Hstack", "ops.numpy", "xs")(functions.hstack)
identity = functions.identity
in_top_k = public.operation("InTopK", "ops.math", "targets predictions")(
    functions.in_top_k
)
is_tensor = functions.is_tensor
isclose = public.operation("Isclose", "ops.numpy", "x1 x2 rtol atol")(functions.isclose)
isfinite = public.operation("Isfinite", "ops.numpy", "x")(functions.isfinite)
isinf = public.operation("Isinf", "ops.numpy", "x")(functions.isinf)
isnan = public.operation("Isnan", "ops.numpy", "x")(functions.isnan)
layer_normalization = public.operation("LayerNorm", "ops.nn", "x gamma beta")(
    functions.layer_normalization
)
leaky_relu = public.operation("LeakyRelu", "ops.nn", "x")(functions.leaky_relu)
less = public.operation("Less", "ops.numpy", "x1 x2")(functions.less)
less_equal = public.operation("LessEqual", "ops.numpy", "x1 x2")(functions.less_equal)
linspace = public.operation("Linspace", "ops.numpy", "start stop")(functions.linspace)
log = public.operation("Log", "ops.numpy", "x")(functions.log)
log10 = public.operation("Log10", "ops.numpy", "x")(functions.log10)
log1p = public.operation("Log1p", "ops.numpy", "x")(functions.log1p)
log2 = public.operation("Log2", "ops.numpy", "x")(functions.log2)
log_sigmoid = public.operation("LogSigmoid", "ops.nn", "x")(functions.log_sigmoid)
log_softmax = public.operation("LogSoftmax", "ops.nn", "x")(functions.log_softmax)
logaddexp = public.operation("Logaddexp", "ops.numpy", "x1 x2")(functions.logaddexp)
logical_and = public.operation("LogicalAnd", "ops.numpy", "x1 x2")(
    functions.logical_and
)
logical_not = public.operation("LogicalNot", "ops.numpy", "x")(functions.logical_not)
logical_or = public.operation("LogicalOr", "ops.numpy", "x1 x2")(functions.logical_or)
logical_xor = public.operation("LogicalXor", "ops.numpy", "x1 x2")(
    functions.logical_xor
)
logsumexp = public.operation("Logsumexp", "ops.math", "x")(functions.logsumexp)
map = public.operation_on_functions("Map", "ops.core", "f xs")(functions.map)
matmul = public.operation("Matmul", "ops.numpy", "x1 x2")(functions.matmul)
max = public.operation("Max", "ops.numpy", "x")(functions.max)
max_pool = public.operation("MaxPool", "ops.nn", "inputs")(functions.max_pool)
maximum = public.operation("Maximum", "ops.numpy", "x1 x2")(functions.maximum)
mean = public.operation("Mean", "ops.numpy", "x")(functions.mean)
median = public.operation("Median", "ops.numpy", "x")(functions.median)
meshgrid = public.operation("Meshgrid", "ops.numpy", "x")(functions.meshgrid)
min = public.operation("Min", "ops.numpy", "x")(functions.min)
minimum = public.operation("Minimum", "ops.numpy", "x1 x2")(functions.minimum)
mod = public.operation("Mod", "ops.numpy", "x1 x2")(functions.mod)
moments = public.operation("Moments", "ops.nn", "x")(functions.moments)
moveaxis = public.operation("Moveaxis", "ops.numpy", "x")(functions.moveaxis)
multi_hot = public.operation("MultiHot", "ops.nn", "inputs")(functions.multi_hot)
multiply = public.operation("Multiply", "ops.numpy", "x1 x2")(functions.multiply)
nan_to_num = public.operation("NanToNum", "ops.numpy", "x")(functions.nan_to_num)
ndim = functions.ndim
negative = public.operation("Negative", "ops.numpy", "x")(functions.negative)
nonzero = public.operation("Nonzero", "ops.numpy", "x")(functions.nonzero)
norm = public.operation("Norm", "ops.linalg", "x")(functions.norm)
normalize = public.operation("Normalize", "ops.nn", "x")(functions.normalize)
not_equal = public.operation("NotEqual", "ops.numpy", "x1 x2")(functions.not_equal)
one_hot = public.operation("OneHot", "ops.nn", "x")(functions.one_hot)
ones = functions.ones
ones_like = public.operation("OnesLike", "ops.numpy", "x")(functions.ones_like)
outer = public.operation("Outer", "ops.numpy", "x1 x2")(functions.outer)
pad = public.operation("Pad", "ops.numpy", "x constant_values=")(functions.pad)
power = public.operation("Power", "ops.numpy", "x1 x2")(functions.power)
prod = public.operation("Prod", "ops.numpy", "x")(functions.prod)
quantile = public.operation("Quantile", "ops.numpy", "x q")(functions.quantile)
ravel = public.operation("Ravel", "ops.numpy", "x")(functions.ravel)
reciprocal = public.operation("Reciprocal", "ops.numpy", "x")(functions.reciprocal)
relu = public.operation("Relu", "ops.nn", "x")(functions.relu)
relu6 = public.operation("Relu6", "ops.nn", "x")(functions.relu6)
repeat = public.operation("Repeat", "ops.numpy", "x")(functions.repeat)
reshape = public.operation("Reshape", "ops.numpy", "x")(functions.reshape)
rms_normalization = public.operation("RMSNorm", "ops.nn", "x scale=")(
    functions.rms_normalization
)
roll = public.operation("Roll", "ops.numpy", "x")(functions.roll)
round = public.operation("Round", "ops.numpy", "x")(functions.round)
rsqrt = public.operation("Rsqrt", "ops.math", "x")(functions.rsqrt)
scan = public.operation_on_functions("Scan", "ops.core", "f init xs")(functions.scan)
scatter = public.operation("Scatter", "ops.core", "indices values")(functions.scatter)
scatter_update = public.operation(
    "ScatterUpdate", "ops.core", "inputs indices updates"
)(functions.scatter_update)
searchsorted = public.operation("SearchSorted", "ops.numpy", "sorted_sequence values")(
    functions.searchsorted
)
selu = public.operation("Selu", "ops.nn", "x")(functions.selu)
shape = functions.shape
sigmoid = public.operation("Sigmoid", "ops.nn", "x")(functions.sigmoid)
sign = public.operation("Sign", "ops.numpy", "x")(functions.sign)
silu = public.operation("Silu", "ops.nn", "x")(functions.silu)
sin = public.operation("Sin", "ops.numpy", "x")(functions.sin)
sinh = public.operation("Sinh", "ops.numpy", "x")(functions.sinh)
size = functions.size
slice = public.operation("Slice", "ops.core", "inputs start_indices")(functions.slice)
slice_update = public.operation(
    "SliceUpdate", "ops.core", "inputs start_indices updates"
)(functions.slice_update)
soft_shrink = public.operation("SoftShrink", "ops.nn", "x")(functions.soft_shrink)
softmax = public.operation("Softmax", "ops.nn", "x")(functions.softmax)
softplus = public.operation("Softplus", "ops.nn", "x")(functions.softplus)
softsign = public.operation("Softsign", "ops.nn", "x")(functions.softsign)
sort = public.operation("Sort", "ops.numpy", "x")(functions.sort)
sparse_categorical_crossentropy = public.operation(
    "SparseCategoricalCrossentropy", "ops.nn", "target output"
)(functions.sparse_categorical_crossentropy)
sparse_plus = public.operation("SparsePlus", "ops.nn", "x")(functions.sparse_plus)
sparse_sigmoid = public.operation("SparseSigmoid", "ops.nn", "x")(
    functions.sparse_sigmoid
)
split = public.operation("Split", "ops.numpy", "x")(functions.split)
sqrt = public.operation("Sqrt", "ops.numpy", "x")(functions.sqrt)
square = public.operation("Square", "ops.numpy", "x")(functions.square)
squareplus = public.operation("Squareplus", "ops.nn", "x")(functions.squareplus)
squeeze = public.operation("Squeeze", "ops.numpy", "x")(functions.squeeze)
stack = public.operation("Stack", "ops.numpy", "x")(functions.stack)
std = public.operation("Std", "ops.numpy", "x")(functions.std)
stop_gradient = public.operation("StopGradient", "ops.core", "variable")(
    functions.stop_gradient
)
subtract = public.operation("Subtract", "ops.numpy", "x1 x2")(functions.subtract)
sum = public.operation("Sum", "ops.numpy", "x")(functions.sum)
swapaxes = public.operation("Swapaxes", "ops.numpy", "x")(functions.swapaxes)
swish = silu
take = public.operation("Take", "ops.numpy", "x indices")(functions.take)
take_along_axis = public.operation("TakeAlongAxis", "ops.numpy", "x indices")(
    functions.take_along_axis
)
tan = public.operation("Tan", "ops.numpy", "x")(functions.tan)
tanh = public.operation("Tanh", "ops.numpy", "x")(functions.tanh)
tanh_shrink = public.operation("TanhShrink", "ops.nn", "x")(functions.tanh_shrink)
tensordot = public.operation("Tensordot", "ops.numpy", "x1 x2")(functions.tensordot)
threshold = public.operation("Threshold", "ops.nn", "x")(functions.threshold)
tile = public.operation("Tile", "ops.numpy", "x")(functions.tile)
top_k = public.operation("TopK", "ops.math", "x")(functions.top_k)
trace = public.operation("Trace", "ops.numpy", "x")(functions.trace)
transpose = public.operation("Transpose", "ops.numpy", "x")(functions.transpose)
tri = functions.tri
tril = public.operation("Tril", "ops.numpy", "x")(functions.tril)
triu = public.operation("Triu", "ops.numpy", "x")(functions.triu)
true_divide = public.operation("TrueDivide", "ops.numpy", "x1 x2")(
    functions.true_divide
)
unravel_index = public.operation("UnravelIndex", "ops.numpy", "indices")(
    functions.unravel_index
)
unstack = public.operation("Unstack", "ops.core", "x")(functions.unstack)
value_and_grad = functions.value_and_grad
var = public.operation("Var", "ops.numpy", "x")(functions.var)
vdot = public.operation("Vdot", "ops.numpy", "x1 x2")(functions.vdot)
vectorized_map = public.operation_on_functions("VectorizedMap", "ops.core", "elements")(
    functions.vectorized_map
)
vstack = public.operation("Vstack", "ops.numpy", "xs")(functions.vstack)
where = public.operation("Where", "ops.numpy", "condition x1 x2")(functions.where)
while_loop = public.operation_on_functions("WhileLoop", "ops.core", "loop_vars")(
    functions.while_loop
)
zeros = functions.zeros
zeros_like = public.operation("ZerosLike", "ops.numpy", "x")(functions.zeros_like)

# What the operators of symbolic tensors are.
OPERATIONS.update(
    absolute=absolute,
    add=add,
    equal=equal,
    exp=exp,
    floor_divide=floor_divide,
    get_item=get_item,
    greater=greater,
    greater_equal=greater_equal,
    less=less,
    less_equal=less_equal,
    log=log,
    logical_and=logical_and,
    logical_not=logical_not,
    logical_or=logical_or,
    logical_xor=logical_xor,
    matmul=matmul,
    mod=mod,
    multiply=multiply,
    negative=negative,
    not_equal=not_equal,
    power=power,
    relu=relu,
    reshape=reshape,
    round=round,
    sigmoid=sigmoid,
    squeeze=squeeze,
    subtract=subtract,
    tanh=tanh,
    transpose=transpose,
    true_divide=true_divide,
)


def __getattr__(name: str) -> object:
    """Says of names of Keras that they are not here yet."""
    raise absent.no_such_name("ops", name)
