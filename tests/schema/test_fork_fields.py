"""Files of forks of Caffe and of MyCaffe: strings without quotes, fields of their own, values of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from mycaffe_py.errors import MyCaffeWarning, PrototxtError
from mycaffe_py.foreign.accepted_fields import fork_value, listed_fields
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net_text, load_solver_text

SOLVER = """base_lr: 0.01
lr_policy: poly
type: SGD
regularization_type: L2
snapshot_prefix: out/basic-1
weight_decay: 0.1
"""


@pytest.fixture(scope="module")
def full():
    """The schema with the bundled plugins."""
    return default_registry().schema


@pytest.fixture
def solver(full):
    def load(text):
        with pytest.warns(MyCaffeWarning) as caught:
            document = load_solver_text(full, text, "s.prototxt")
        return document, [str(one.message) for one in caught]

    return load


@pytest.fixture
def mistakes_of(full):
    def find(text, load=load_solver_text):
        with pytest.raises(PrototxtError) as caught:
            load(full, text, "f.prototxt")
        return caught.value.problems

    return find


def test_words_without_quotes_are_strings_and_one_warning_says_where(solver):
    document, warnings = solver(SOLVER)
    param = document.message
    assert (param.lr_policy, param.type, param.regularization_type) == ("poly", "SGD", "L2")
    assert param.snapshot_prefix == "out/basic-1"
    [warning] = warnings
    assert warning.startswith('s.prototxt:2:12: "poly" is read as a string; Caffe needs quotes')
    assert 'lr_policy: "poly"; so are 3 other places, the last in line 5' in warning


def test_a_file_without_any_quote_has_mycaffes_defaults_named(solver):
    _, warnings = solver(SOLVER.replace("weight_decay: 0.1\n", ""))
    assert "where weight_decay is 0.0005 if it is not given; here it is 0" in warnings[1]
    quoted = SOLVER.replace("weight_decay: 0.1", 'net: "a.prototxt"')
    assert len(solver(quoted)[1]) == 1


def test_the_places_of_bare_strings_are_known(solver):
    document, _ = solver(SOLVER)
    place = document.locate(("snapshot_prefix",))
    assert (place.line, place.column, place.length) == (5, 18, len("out/basic-1"))
    assert document.fields()["snapshot_prefix",].text == "out/basic-1"


@pytest.mark.parametrize(
    "text",
    [
        "type: 3",
        "type: 3d",
        "type: true",
        "type: SGD 2",
        "type: a=b",
        "type: SGD'",
        "type: net: 'x'",
    ],
)
def test_what_may_hide_a_mistake_stays_an_error(mistakes_of, text):
    assert mistakes_of(text)[0].location.line == 1


def test_the_folder_of_mycaffe_is_explained(mistakes_of):
    [problem] = mistakes_of("snapshot_prefix: $ProgramData$/MyCaffe/x")
    assert "$ProgramData$ is a folder of MyCaffe's" in problem.hint


def test_a_path_of_windows_is_to_be_written_with_slashes(mistakes_of):
    [problem] = mistakes_of("snapshot_prefix: C:\\ProgramData\\MyCaffe\\x.bin")
    assert problem.hint == 'write snapshot_prefix: "C:/ProgramData/MyCaffe/x.bin"'


def test_a_field_without_effect_is_named_once_with_the_reason(solver):
    _, warnings = solver('solver_data_type: FLOAT16\ntype: "SGD"\nlarc_policy: "scale"')
    assert warnings[0].startswith(
        's.prototxt:1:1: "solver_data_type" of NVIDIA\'s Caffe has no effect here: precision'
    )
    assert warnings[1].startswith('s.prototxt:3:1: "larc_policy"')


def test_blocks_and_lists_without_effect_are_skipped(full):
    text = """
compile_net_state { bn_scale_remove: true kept_bn_layers: "a" }
mem_param { optimize_train: true }
engine: "MKLDNN"
layer { name: "x" type: "ReLU" bottom: "x" top: "x" engine: "MKL2017" relu_param { engine: MKL2017 } }
layer { name: "e" type: "Eltwise" bottom: "x" bottom: "x" top: "e" eltwise_param { engine: MKLDNN } }
"""
    with pytest.warns(MyCaffeWarning) as caught:
        document = load_net_text(full, text)
    assert [layer.name for layer in document.message.layer] == ["x", "e"]
    texts = " ".join(str(one.message) for one in caught)
    assert "compile_net_state" in texts and "mem_param" in texts
    assert "engine: MKL2017 of Intel's Caffe is read as DEFAULT" in texts
    assert document.message.layer[0].relu_param.engine == 0


def test_one_kind_in_several_messages_is_one_warning(full):
    text = """layer { name: "r" type: "ReLU" bottom: "x" top: "x" relu_param { engine: MKL2017 } engine: "a" }
layer { name: "p" type: "Pooling" bottom: "x" top: "p" pooling_param { engine: MKL2017 } }
layer { name: "e" type: "Eltwise" bottom: "x" bottom: "x" top: "e" eltwise_param { engine: CAFFE } }"""
    with pytest.warns(MyCaffeWarning) as caught:
        load_net_text(full, text)
    texts = [str(one.message) for one in caught]
    assert len(texts) == 2 and all("so is 1 other place" in one for one in texts)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("local_lr_auto: true", "LARS"),
        ("disabled_update: True", "every pass updates"),
        ("max_epoch: 3", "write max_iter"),
        ("plateau_winsize: 3", "plateau"),
        ("lbgfs_corrections: 10", "LBFGS"),
    ],
)
def test_what_would_change_the_result_is_refused_with_the_reason(mistakes_of, text, reason):
    [problem] = mistakes_of(text)
    assert "is not supported" in problem.message and reason in problem.hint
    assert problem.code == "E101" and problem.location.column == 1


def test_values_that_change_nothing_are_no_matter(full):
    text = """local_lr_auto: false disabled_update: False max_epoch: 0 weight_decay: 0.1
snapshot_include_weights: True snapshot_include_state: True local_gw_ratio: 0"""
    assert load_solver_text(full, text).remarks == []


def test_weights_and_state_are_always_in_a_snapshot(solver):
    _, warnings = solver(
        "snapshot_include_weights: False weight_decay: 0.1\nsnapshot_include_state: False"
    )
    assert "a snapshot always has the weights" in warnings[0]
    assert "by which a run is continued" in warnings[1]


def test_other_names_are_read_as_ours(solver, mistakes_of):
    document, warnings = solver("ransom_seed: 7\nrampup_interval: 100\nrampup_lr: 0.5")
    param = document.message
    assert (param.random_seed, param.warmup_iter, param.warmup_start_lr) == (7, 100, 0.5)
    assert '"ransom_seed" of MyCaffe is read as random_seed' in warnings[0]
    [problem] = mistakes_of("ransom_seed: 7 random_seed: 8")
    assert "given twice" in problem.message


def test_the_first_gpu_of_a_list_is_taken(solver, mistakes_of):
    for written, wanted in (("[3, 1]", 3), ("[0]", 0), ("[ 2,1,0 ]", 2)):
        document, warnings = solver(f"device_id: {written}\nbase_lr: 0.5")
        assert (document.message.device_id, document.message.base_lr) == (wanted, 0.5)
        assert f"device_id takes one GPU here, the first of the list: {wanted}" in warnings[0]
    for wrong in ("[]", "[a]", "[-1]", "[1.5]", '["0"]', "[1", "[1 2]"):
        assert mistakes_of(f"device_id: {wrong}")
    [problem] = mistakes_of("display: [1, 2]")
    assert problem.message == '"display" takes one value, not a list'


def test_the_memory_of_convolutions_is_not_bounded(solver):
    _, warnings = solver("richness: 200")
    assert '"richness" of yjxiong\'s Caffe has no effect here' in warnings[0]


def test_a_path_of_windows_that_is_not_read_needs_no_quotes(full, mistakes_of):
    text = """layer { name: "d" type: "AnnotatedData" top: "x" annotated_data_param {
  label_map_file: C:\\Program\\label-map.prototxt
  anno_type: 0 } }"""
    with pytest.warns(MyCaffeWarning, match="is read as a string"):
        param = load_net_text(full, text, "n.prototxt").message.layer[0].annotated_data_param
    assert param.label_map_file == "C:\\Program\\label-map.prototxt"
    assert mistakes_of("snapshot_prefix: C:\\x.bin")


def test_the_image_database_is_read_as_an_lmdb(full):
    text = """layer { name: "d" type: "Data" top: "x" data_param { source: "db" backend: IMAGEDB
  batch_size: 2 shuffle: true label_type: SINGLE images_per_blob: 1 display_timing: True } }"""
    with pytest.warns(MyCaffeWarning) as caught:
        document = load_net_text(full, text)
    param = document.message.layer[0].data_param
    assert param.backend == param.LMDB and param.enable_random_selection
    texts = [str(one.message) for one in caught]
    assert any("source must name an LMDB" in one for one in texts)
    assert any("\"shuffle\" of NVIDIA's and Intel's Caffe" in one for one in texts)


NET = """name: n
layer {{ name: "d" type: "Input" top: "x" input_param {{ shape {{ dim: 1 dim: 3 dim: 4 dim: 4 }} }} {rule} }}
layer {{ name: "c" type: CONVOLUTION bottom: "x" top: "c" convolution_param {{ num_output: 2 kernel_size: 1 }} }}
layer {{ name: "n" type: LRN bottom: "c" top: "n" }}
"""


def test_a_value_that_says_nothing_is_left_out(full):
    text = 'layer { name: "d" type: "AnnotatedData" annotated_data_param { anno_type: -1 label_map_file: "m" } }'
    with pytest.warns(MyCaffeWarning, match="anno_type: -1 of MyCaffe is left out: the records"):
        document = load_net_text(full, text)
    param = document.message.layer[0].annotated_data_param
    assert not param.HasField("anno_type") and param.label_map_file == "m"


def test_a_net_of_mycaffe_has_its_defaults_named(full):
    with pytest.warns(MyCaffeWarning) as caught:
        load_net_text(full, NET.format(rule="include { phase: RUN }"), "n.prototxt")
    texts = [str(one.message) for one in caught]
    assert any("n.prototxt:4" in text and "k of LRN is 2" in text for text in texts)
    assert any("n.prototxt:3" in text and "start as with xavier" in text for text in texts)
    with pytest.warns(MyCaffeWarning) as caught:
        load_net_text(full, NET.format(rule=""), "n.prototxt")
    assert not [one for one in caught if "looks like" in str(one.message)]


def test_a_quantised_net_is_computed_in_floating_point(full):
    text = """layer { name: "r" type: "ReLU" bottom: "x" top: "y"
  quantization_param { bw_layer_in: 8 scale_in: [1.5, 2] is_negative_input: true } }"""
    with pytest.warns(MyCaffeWarning, match="the net is computed in floating point"):
        document = load_net_text(full, text, "n.prototxt")
    assert document.message.layer[0].type == "ReLU"


def test_fields_under_other_names(full):
    text = """layer { name: "b" type: "BatchNorm" bottom: "x" top: "y"
  batch_norm_param { filler { value: 2 } bias_filler { value: 1 } bias_term: true } }
layer { name: "u" type: "UnPooling" bottom: "y" top: "z" unpooling_param { pool: AVE kernel_size: 2 } }"""
    with pytest.warns(MyCaffeWarning) as caught:
        norm, unpooling = load_net_text(full, text, "n.prototxt").message.layer
    assert norm.batch_norm_param.scale_filler.value == 2
    assert unpooling.unpooling_param.unpool == unpooling.unpooling_param.AVE
    texts = " ".join(str(one.message) for one in caught)
    assert '"filler" of Intel' in texts and '"pool" of MyCaffe' in texts


def test_every_listed_field_is_no_field_of_ours(full):
    for message, field, known in listed_fields():
        if message != "*":
            fields = full.message_info(message).fields
            assert field not in fields, f"{message}.{field}"
            assert not known.means or known.means in fields
        assert known.fork and (known.reason or known.means)


def test_every_listed_field_is_documented():
    docs = Path(__file__).parents[2] / "docs"
    text = "".join((docs / f"{page}.md").read_text("utf-8") for page in ("caffe", "mycaffe"))
    names = {field for _, field, _ in listed_fields()}
    names -= {name for name in names if f"{name.removeprefix('default_')}`" in text}
    assert sorted(names) == ["cudnn_worspace_allow_on_groups", "lbgfs_corrections"]  # misspelt


def test_values_of_forks():
    assert fork_value("DataParameter.DB", "ImageDB").read_as == "LMDB"
    assert fork_value("DataParameter.DB", "LEVELDB") is None
    assert fork_value("PoolingParameter.Engine", "MKLDNN").read_as == "DEFAULT"


def test_properties_of_a_trainer_without_quotes(solver):
    text = "custom_trainer: Dual.Trainer\ncustom_trainer_properties: "
    text += "TrainerType=PG.MT;Rom=C:\\a~b\\x.bin;;Gamma=0.9; # no\n"
    document, _ = solver(text + "weight_decay: 0.1")
    param = document.message
    assert param.custom_trainer == "Dual.Trainer"
    assert param.custom_trainer_properties == "TrainerType=PG.MT;Rom=C:\\a~b\\x.bin;;Gamma=0.9;"
    assert param.weight_decay == pytest.approx(0.1)
