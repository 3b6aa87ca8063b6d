"""StatelessScope: Variables have given values in a block, and their own after it."""

import numpy as np
import pytest

from minikeras import StatelessScope, Tensor, Variable, layers, ops

OLD, NEW = np.ones(2, "float32"), np.array([5.0, 6.0], "float32")


def test_a_variable_has_its_given_value_in_the_block_only():
    variable = Variable(OLD)
    with StatelessScope([(variable, NEW)]) as scope:
        np.testing.assert_array_equal(variable + 1.0, NEW + 1)
        variable.assign([7.0, 8.0])
        np.testing.assert_array_equal(scope.get_current_value(variable), [7.0, 8.0])
    np.testing.assert_array_equal(variable, OLD)
    np.testing.assert_array_equal(NEW, [5.0, 6.0])  # not written to
    np.testing.assert_array_equal(scope.get_current_value(variable), [7.0, 8.0])


def test_what_is_assigned_stays_in_the_scope_also_without_a_given_value():
    variable = Variable(OLD)
    graph = ops.sum(variable * variable)
    with StatelessScope() as scope:
        variable.assign(NEW)
    np.testing.assert_array_equal(variable, OLD)
    np.testing.assert_array_equal(scope.get_current_value(variable), NEW)
    graph.backward()  # not out of date
    np.testing.assert_array_equal(variable.grad, 2 * OLD)
    assert scope.get_current_value(Variable(1.0)) is None


def test_gradients_flow_to_where_a_value_is_from():
    variable, source = Variable(OLD), Tensor(NEW, requires_grad=True)
    with StatelessScope([(variable, source * 2.0)]):
        loss = ops.sum(variable * variable)
    loss.backward()
    np.testing.assert_array_equal(source.grad, 8 * NEW)
    assert variable.grad is None


def test_an_error_in_the_block_gives_the_variables_back():
    variable = Variable(OLD)
    with pytest.raises(KeyError), StatelessScope([(variable, NEW)]):
        raise KeyError
    np.testing.assert_array_equal(variable, OLD)


def test_scopes_nest():
    variable = Variable(OLD)
    with StatelessScope([(variable, NEW)]) as outer:
        with StatelessScope([(variable, OLD * 3)]):
            np.testing.assert_array_equal(variable, OLD * 3)
        np.testing.assert_array_equal(variable, NEW)
        variable.assign_add(OLD)
    np.testing.assert_array_equal(outer.get_current_value(variable), NEW + 1)


def test_losses_are_collected_if_asked_for():
    class Penalty(layers.Layer):
        def call(self, inputs):
            self.add_loss(ops.sum(inputs))
            return inputs

    layer = Penalty()
    with StatelessScope(collect_losses=True) as scope:
        layer(NEW)
    assert [float(loss) for loss in scope.losses] == [11.0]


@pytest.mark.parametrize("pair", [(1, 2), (Variable(OLD), np.ones(3))])
def test_pairs_of_something_else_are_refused(pair):
    with pytest.raises(ValueError, match=r"state_mapping|shape"):
        StatelessScope([pair])


def test_the_counters_of_dropout_are_state_as_well():
    layer = layers.Dropout(0.5, seed=1)
    x = np.ones((1, 20), "float32")
    states = layer.non_trainable_variables
    once, after = layer.stateless_call([], states, x, training=True)
    again, _ = layer.stateless_call([], states, x, training=True)
    other, _ = layer.stateless_call([], after, x, training=True)
    np.testing.assert_array_equal(once, again)
    assert (np.asarray(once) != np.asarray(other)).any()
    assert int(after[0][1]) == 1
    assert states[0].numpy()[1] == 0


def test_a_value_is_known_before_the_block_begins():
    count, other = Variable(1.0), Variable(2.0)
    scope = StatelessScope([(count, 5.0)])
    assert float(scope.get_current_value(count)) == 5.0
    assert scope.get_current_value(other) is None
