"""What can be compared with what: noises, banks, shapes and names; broken pictures are named first."""

from __future__ import annotations

import numpy as np
import pytest
from pictures_made import folder, levels, parquet

from samenoise.comparison import SideSpec, compare
from samenoise.comparison.spec import named_apart, options_of, parse, with_defaults, written
from samenoise.noise import NoiseBank
from samenoise.outside import OutsideError

SHAPE = (3, 4, 4)


def plain(noise):
    return np.tanh(noise)


def failing(says, *sides, **how):
    with pytest.raises(OutsideError, match=says) as refused:
        compare(*sides, **{"shape": SHAPE, **how})
    assert "\n" not in str(refused.value)
    return refused.value


def test_images_of_other_noises_are_refused_by_both_names(tmp_path):
    a = folder(tmp_path / "a", levels(4, SHAPE), [0, 1, 2, 3])
    b = folder(tmp_path / "b", levels(5, SHAPE), [1, 2, 3, 4, 9])
    failing(r"a and b are not of the same noises: a has 4, b has 5; only in a: 0; only in b: 4, 9", a, b)
    failing(r"a has no image of noise 7", a, b, ids=[1, 7])
    assert compare(a, b, ids=[3, 1]).noises.ids == [3, 1]


def test_images_of_another_bank_are_refused(tmp_path):
    bank = NoiseBank(0, SHAPE)
    a = folder(tmp_path / "a", levels(4, SHAPE), bank=bank.hash)
    b = folder(tmp_path / "b", levels(4, SHAPE), bank="f" * 64)
    failing(r"two noise banks cannot be paired: a is of \w{16}, b of f{16}", a, b)
    failing(r"two noise banks cannot be paired: b is of f{16}, the noise of this comparison", b, plain)
    compare(a, plain, shape=SHAPE)
    failing("two noise banks", a, plain, seed=1)


def test_pictures_of_two_shapes_and_noise_of_two_shapes_are_refused(tmp_path):
    a = folder(tmp_path / "a", levels(4, SHAPE))
    grey = folder(tmp_path / "grey", levels(4, (1, 4, 4)))
    failing("a has images of 3x4x4 and grey of 1x4x4: they cannot be paired", a, grey)

    def takes(shape):
        def function(noise):
            return np.zeros((len(noise), *SHAPE)) + noise.mean((1, 2, 3), keepdims=True)

        function.noise_shape = shape
        return function

    failing(
        r"one starts from noise of 4x8x8 and two from 4x4x4: they cannot be given the same noise",
        *(takes((4, 8, 8)), takes((4, 4, 4))),
        names=["one", "two"],
        shape=None,
    )
    failing("no noise is common to the shape that is asked for, which is 3x4x4, and", takes((4, 8, 8)), plain)
    failing(
        "does not say the shape of its noise: give it, such as --shape 3x32x32, or as the attribute",
        plain,
        plain,
        shape=None,
    )
    assert compare(plain, takes(SHAPE), shape=None).noises.bank.shape == SHAPE


def test_groups_of_two_tables_have_to_agree(tmp_path):
    images = levels(4, SHAPE)
    a = parquet(tmp_path / "a.parquet", images, range(4), ["x", "x", "y", "y"])
    b = parquet(tmp_path / "b.parquet", images, range(4), ["x", "y", "y", "y"])
    failing("say other groups for the same noises", a, b)
    found = compare(a, images)
    assert {row.group for row in found.pairs[0].rows} == {None, "x", "y"}


def test_too_few_sides_or_noises_and_unknown_features_are_refused():
    failing("needs two sides, got 1", plain)
    failing("at least two noises, got 1", plain, plain, ids=[3])
    failing("no feature 'sscd'; there is pixel", plain, plain, feature="sscd")
    failing("the threshold is a cosine from -1 to less than 1, got 1", plain, plain, threshold=1)
    with pytest.raises(OutsideError, match="a int is nothing that can be compared"):
        compare(plain, 3)


def broken(kind):
    def draws(noise):
        image = np.tanh(noise)
        if kind == "NaN":
            image[1, 0, 0, 0] = np.nan
        if kind == "black":
            image[1] = -1
        if kind == "constant":
            image[1] = np.array([0.1, 0.5, -0.2])[:, None, None]
        if kind == "saturated":
            image = np.sign(noise)
        if kind == "outside":
            image = 127.5 * (image + 1)
        if kind == "in [0, 1]":
            image = (image + 1) / 2
        if kind == "all alike":
            image = np.zeros_like(noise) + np.linspace(-0.5, 0.5, 4) + 1e-4 * noise
        return image

    return draws


@pytest.mark.parametrize("kind", ["black", "constant", "outside", "saturated", "all alike", "in [0, 1]"])
def test_broken_pictures_are_named(kind):
    found = compare(plain, SideSpec(broken(kind), "it", batch=16), shape=SHAPE, noises=16, ceiling=0)
    [one] = found.broken
    assert (one.side, one.what) == ("it", kind)
    assert one.ids == ((1,) if kind in ("black", "constant") else tuple(range(16)))
    assert "it: " in str(one)
    assert kind.split()[-1] in str(one)


def test_ordinary_pictures_are_not_broken():
    """Digits are half black; noise that is clipped lies at both ends, but not all of it."""
    from samenoise.data import digits

    images = digits().images[:64]
    assert not compare(images, images.flip(0)).broken
    clipped = compare(lambda noise: (2 * noise).clip(-1, 1), plain, shape=SHAPE)
    assert not clipped.broken
    bright = compare(lambda noise: (np.tanh(noise) + 1) / 2, plain, shape=SHAPE, noises=7)
    assert not bright.broken, "a few may be bright by chance"
    assert not compare(lambda noise: np.uint8(noise.clip(0, 1) * 100 + 150), plain, shape=SHAPE).broken, "levels"
    assert not compare(lambda noise: 1.5 * noise, plain, shape=SHAPE).broken, "what is not clipped"


def test_nan_ends_the_comparison():
    error = failing(
        r"it: 1 picture holds NaN or infinity \(noises 1\)", plain, SideSpec(broken("NaN"), "it"), noises=16
    )
    assert error.code == 1
    images = np.zeros((3, *SHAPE), np.float32)
    images[2] = np.inf
    failing("NaN or infinity", images, images)


def test_a_generator_that_is_not_deterministic_is_refused():
    rng = np.random.default_rng(0)
    error = failing(
        "dice is not deterministic: asked again for the same 16 noises, it drew another picture for 16",
        *(plain, SideSpec(lambda noise: rng.uniform(-1, 1, noise.shape), "dice")),
    )
    assert error.code == 1


@pytest.mark.parametrize(("size", "refused"), [(1e-4, False), (3e-3, False), (0.03, True)])
def test_rounding_is_not_randomness(size, refused):
    """However alike the pictures are: values of a level of 255 and more are no rounding."""
    rng = np.random.default_rng(0)
    sides = plain, SideSpec(lambda noise: np.tanh(noise) + size * rng.normal(size=noise.shape), "shaken")
    if refused:
        failing("shaken is not deterministic", *sides)
        assert compare(*sides, shape=SHAPE, ceiling=0).pairs[0].value("rp") == 1
    else:
        assert compare(*sides, shape=SHAPE, noises=20).pairs[0].value("rp") == 1


def test_sides_are_read_as_they_are_written():
    spec = parse("./a,b/unet,dtype=bfloat16,steps=10,name=half,batch=4,compile=true")
    assert (spec.target, spec.name, spec.batch) == ("./a,b/unet", "half", 4)
    assert spec.options == {"dtype": "bfloat16", "steps": 10, "compile": True}
    assert written(spec) == "./a,b/unet,dtype=bfloat16,steps=10,compile=true,batch=4"
    assert parse(written(spec)).options == spec.options
    assert parse("plain").target == "plain"
    for text, says in {
        "a,steps=x": "steps is a whole number, got 'x'",
        "a,steps=0": "steps is at least 1",
        "a,compile=yes": "compile is true or false",
        "a,guidance_scale=much": "guidance_scale is a number",
        "a,stesp=3": "no option 'stesp'",
        "a,steps=3,steps=4": "steps is said twice",
    }.items():
        with pytest.raises(OutsideError, match=says):
            parse(text)


def test_options_for_all_sides_are_of_those_that_take_them(tmp_path):
    images = folder(tmp_path / "a", levels(2, SHAPE))
    specs = [parse("m:f,batch=3"), parse(images), parse("x.onnx,steps=5")]
    (tmp_path / "x.onnx").touch()
    specs[2] = parse(f"{tmp_path / 'x.onnx'},steps=5")
    found = with_defaults(specs, options_of(["steps=9", "batch=8", "python=/usr/bin/python3"]))
    assert [dict(each.options) for each in found] == [{}, {}, {"steps": 5}]
    assert [each.batch for each in found] == [3, 8, 8]
    assert [each.python for each in found] == ["/usr/bin/python3", None, "/usr/bin/python3"]
    with pytest.raises(OutsideError, match="no side takes dtype=float16"):
        with_defaults(specs, options_of(["dtype=float16"]))
    with pytest.raises(OutsideError, match="an option is KEY=VALUE, got 'steps'"):
        options_of(["steps"])
    for text in ("stesp=3", "name=it"):
        with pytest.raises(OutsideError, match=f"no option {text.split('=')[0]!r} for all sides; there are attention,"):
            options_of([text])
    assert options_of(["steps=9,scheduler=a,b", "solver=heun"]) == {"steps": 9, "scheduler": "a,b", "solver": "heun"}


def test_names_of_sides_differ():
    specs = named_apart([parse("./x/unet"), parse("./y/unet"), parse("./x/unet,steps=3"), parse("m:f,name=unet")])
    assert [each.name for each in specs] == ["unet", "unet (2)", "unet steps=3", "unet (3)"]
