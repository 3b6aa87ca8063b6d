"""Names of Keras that are not here yet, so that asking for one of them says so.

The public namespaces look here when they have no such name.
"""

ABSENT = {
    "datasets": "boston_housing california_housing cifar10 cifar100 imdb reuters",
    "layers": """
        CategoryEncoding CenterCrop Conv1DTranspose Conv2DTranspose ConvLSTM2D
        Convolution1DTranspose Convolution2DTranspose DepthwiseConv1D DepthwiseConv2D
        Discretization Hashing IntegerLookup RandomBrightness RandomContrast RandomCrop
        RandomFlip RandomRotation RandomTranslation RandomZoom Resizing SeparableConv1D
        SeparableConv2D SeparableConvolution1D SeparableConvolution2D StringLookup
        TextVectorization
    """,
    "ops": """
        cholesky conv_transpose depthwise_conv det eigh extract_sequences inv qr
        segment_max segment_sum separable_conv solve svd
    """,
}


def no_such_name(namespace: str, name: str) -> AttributeError:
    """Returns the error for a name that a namespace has not.

    >>> print(no_such_name("layers", "RandomFlip"))
    minikeras has no layers.RandomFlip yet, unlike Keras: see docs/not-there-yet.md.
    >>> print(no_such_name("layers", "Dens"))
    module 'minikeras.layers' has no attribute 'Dens'
    """
    if name in ABSENT[namespace].split():
        return AttributeError(
            f"minikeras has no {namespace}.{name} yet, unlike Keras: see "
            "docs/not-there-yet.md."
        )
    return AttributeError(f"module 'minikeras.{namespace}' has no attribute {name!r}")
