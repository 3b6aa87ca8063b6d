"""Fashion-MNIST: 70,000 pictures of clothes in ten classes, harder than MNIST.

28 × 28 pixels from 0 (white) to 255, 60,000 to train on and 10,000 to test with.

Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for
benchmarking machine learning algorithms", arXiv:1708.07747, 2017. © 2017 Zalando SE,
MIT licence.
"""

from pathlib import Path

from minikeras.datasets.file_set import FileSet
from minikeras.datasets.idx import Split, read_splits
from minikeras.datasets.pinned import PinnedFile

CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)

SOURCE = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

FILE_SET = FileSet(
    subfolder="fashion-mnist",
    files=(
        PinnedFile(
            "train-images-idx3-ubyte.gz",
            SOURCE + "train-images-idx3-ubyte.gz",
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        PinnedFile(
            "train-labels-idx1-ubyte.gz",
            SOURCE + "train-labels-idx1-ubyte.gz",
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
        PinnedFile(
            "t10k-images-idx3-ubyte.gz",
            SOURCE + "t10k-images-idx3-ubyte.gz",
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        PinnedFile(
            "t10k-labels-idx1-ubyte.gz",
            SOURCE + "t10k-labels-idx1-ubyte.gz",
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
)


def load_data() -> tuple[Split, Split]:
    """Returns (x_train, y_train), (x_test, y_test), downloading them if need be.

    Shapes: x (60000, 28, 28) and (10000, 28, 28), uint8 in [0, 255];
        y (60000,) and (10000,), uint8 in [0, 9], an index into `CLASS_NAMES`.
    Raises: FileNotFoundError, with the ways to get the files, if they are nowhere and
        can't be downloaded; ValueError if a file is damaged.
    """
    folder = find() or FILE_SET.download(
        title="Fashion-MNIST",
        ready_made=(
            "On Debian and Ubuntu: sudo apt install dataset-fashion-mnist. Or load it "
            "once with Keras: its ~/.keras/datasets is searched, too."
        ),
    )
    return read_splits(folder, FILE_SET.files)


def find() -> Path | None:
    """Returns the folder that `load_data` would read, None if it would download."""
    return FILE_SET.find()
