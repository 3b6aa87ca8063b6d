"""Layers that read sequences step by step, and the cells that do a step each."""

from minikeras.layers.recurrent.bidirectional import Bidirectional as Bidirectional
from minikeras.layers.recurrent.gru import GRU as GRU
from minikeras.layers.recurrent.gru import GRUCell as GRUCell
from minikeras.layers.recurrent.lstm import LSTM as LSTM
from minikeras.layers.recurrent.lstm import LSTMCell as LSTMCell
from minikeras.layers.recurrent.rnn import RNN as RNN
from minikeras.layers.recurrent.simple_rnn import SimpleRNN as SimpleRNN
from minikeras.layers.recurrent.simple_rnn import SimpleRNNCell as SimpleRNNCell
from minikeras.layers.recurrent.stacked import StackedRNNCells as StackedRNNCells
from minikeras.layers.recurrent.time_distributed import (
    TimeDistributed as TimeDistributed,
)
