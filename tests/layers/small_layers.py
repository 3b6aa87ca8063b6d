"""Layers of one's own, to see with what a layer does with the ones inside of it."""

from minikeras import layers


class Scale(layers.Layer):
    """y = factor · x, with one weight per feature."""

    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def call(self, inputs):
        return inputs * self.factor


class Tower(layers.Layer):
    """Layers in a list, in a dict, and as an attribute."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.floors = [Scale(name="first"), Scale(name="second")]
        self.rooms = {"roof": Scale(name="roof")}
        self.door = layers.Dropout(0.5, seed=3)

    def call(self, inputs):
        for floor in self.floors:
            inputs = floor(inputs)
        return self.door(self.rooms["roof"](inputs))
