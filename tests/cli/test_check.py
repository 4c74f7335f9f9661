from __future__ import annotations

BROKEN = """name: "Broken"
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_outputs: 2 } }
layer { name: "a" tipe: "ReLU" bottom: "y" top: "z" }
"""


def test_a_good_net_and_a_good_solver(mycaffe):
    result = mycaffe("check", "LiquidNetCfc.prototxt", "adamw.prototxt")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "ok LiquidNetCfc.prototxt"
    assert "3 layers" in lines[1] and "x(1,82,1)" in lines[1] and "parameters" in lines[1]
    assert "cfc1 (CFC): x tt mask -> xhat(1,1)" in result.stdout
    assert "ok adamw.prototxt" in lines and "gym Curve" in lines[-1]


def test_all_mistakes_of_a_file_at_once_and_the_other_files_as_well(mycaffe, tmp_path):
    (tmp_path / "broken.prototxt").write_text(BROKEN)
    result = mycaffe("check", "broken.prototxt", "LiquidNetCfc.prototxt")
    assert result.exit_code == 2
    assert "error[E101] broken.prototxt:3:" in result.stderr
    assert 'did you mean "num_output"?' in result.stderr
    assert "broken.prototxt:4:" in result.stderr and 'did you mean "type"?' in result.stderr
    assert result.stderr.count("^^^^") >= 2
    assert "ok LiquidNetCfc.prototxt" in result.stdout


def test_the_net_is_built(mycaffe, tmp_path):
    text = BROKEN.replace("num_outputs", "num_output").replace("tipe", "type")
    (tmp_path / "a.prototxt").write_text(text.replace('bottom: "y"', 'bottom: "yy"'))
    result = mycaffe("check", "a.prototxt")
    assert (
        result.exit_code == 2 and '"yy"' in result.stderr and 'did you mean "y"?' in result.stderr
    )


def test_a_missing_file_exits_with_3(mycaffe):
    result = mycaffe("check", "LiquidNetCfk.prototxt")
    assert result.exit_code == 3 and 'did you mean "LiquidNetCfc.prototxt"?' in result.stderr


def test_a_binary_file_is_recognised(mycaffe, tmp_path):
    (tmp_path / "a.caffemodel").write_bytes(b"\x0a\x03abc\x00\x01\x02")
    result = mycaffe("check", "a.caffemodel")
    assert result.exit_code == 2 and "binary file" in result.stderr
