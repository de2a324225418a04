"""Adds a second output, `layers`, to the graph of the shipped E5: the means over a text's tokens of six of its twelve layers, one after
another. The weights and the first output stay as they are, bit for bit.

  python scripts/embedder-layers.py data/models/e5-small-ko/e5-small-ko.onnx OUT     (needs the package onnx 1.22)
"""
import sys

import onnx
from onnx import TensorProto, helper

LAYERS = (1, 3, 5, 7, 9, 11)
WIDTH = 384

source, target = sys.argv[1:]
model = onnx.load(source, load_external_data=False)
graph = model.graph
assert [output.name for output in graph.output] == ['embedding'], 'the graph has its layers already'

# `m3` is the attention mask as numbers, [rows, tokens, 1]; `one` is the axis of the tokens.
graph.node.append(helper.make_node('ReduceSum', ['m3', 'one'], ['layers.count'], keepdims=0))
for layer in LAYERS:
    hidden = f'l{layer}.x2'
    graph.node.append(helper.make_node('Mul', [hidden, 'm3'], [f'{hidden}.masked']))
    graph.node.append(helper.make_node('ReduceSum', [f'{hidden}.masked', 'one'], [f'{hidden}.sum'], keepdims=0))
    graph.node.append(helper.make_node('Div', [f'{hidden}.sum', 'layers.count'], [f'{hidden}.mean']))
graph.node.append(helper.make_node('Concat', [f'l{layer}.x2.mean' for layer in LAYERS], ['layers'], axis=1))
graph.output.append(helper.make_tensor_value_info('layers', TensorProto.FLOAT, ['rows', len(LAYERS) * WIDTH]))
onnx.save(model, target)
