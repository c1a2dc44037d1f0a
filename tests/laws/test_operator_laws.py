"""Every operator is a matrix, its adjoint is the transpose, and its pseudo-inverse that of the matrix."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from closed_forms import normal
from inverse_problems import operators
from numpy.typing import NDArray

from samenoise.inverse import (
    OPERATORS,
    AveragePool,
    BoxMask,
    CompressedSensing,
    GaussianBlur,
    LinearOperator,
    MotionBlur,
    RandomMask,
    measure,
)
from samenoise.noise import NoiseBank

SHAPES = [(1, 4, 4), (1, 8, 8), (3, 8, 6), (2, 6, 10)]
EVERY = [
    *(made for shape in SHAPES for made in operators(shape)),
    BoxMask((1, 7, 5), side=0.4, row=0.0, column=1.0),
    RandomMask((3, 5, 7), share=0.8, seed=3),
    AveragePool((1, 9, 6), factor=3),
    GaussianBlur((1, 7, 5), std=0.4),
    MotionBlur((1, 7, 5), length=4.5, angle=-30.0),
    MotionBlur((1, 8, 8), length=2.0, angle=90.0),
    CompressedSensing((3, 4, 4), share=1.0, seed=5),
]


@pytest.fixture(params=EVERY, ids=repr)
def operator(request: pytest.FixtureRequest) -> LinearOperator:
    made: LinearOperator = request.param
    return made


def dense(operator: LinearOperator) -> NDArray[np.float64]:
    """The matrix, a column for each pixel."""
    pixels = torch.eye(int(np.prod(operator.shape)), dtype=torch.float64)
    return operator.forward(pixels.reshape(-1, *operator.shape)).flatten(1).numpy().T


def test_every_operator_is_in_the_list() -> None:
    assert {type(each) for each in EVERY} == set(OPERATORS)
    assert len({kind.name for kind in OPERATORS}) == len(OPERATORS)


def test_adjoint(operator: LinearOperator) -> None:
    x, y = normal(6, *operator.shape, seed=1), normal(6, *operator.measured, seed=2)
    left = (operator.forward(x) * y).flatten(1).sum(1)
    right = (x * operator.adjoint(y)).flatten(1).sum(1)
    torch.testing.assert_close(left, right, rtol=0, atol=1e-12)
    assert left.abs().min() > 1e-3


def test_linear_and_every_image_by_itself(operator: LinearOperator) -> None:
    x = normal(3, *operator.shape, seed=1)
    torch.testing.assert_close(
        operator.forward(2 * x[:1] - x[1:2]), 2 * operator.forward(x)[:1] - operator.forward(x)[1:2]
    )
    torch.testing.assert_close(operator.forward(x)[1:2], operator.forward(x[1:2]), rtol=0, atol=1e-14)


@pytest.mark.parametrize("ridge", [0.0, 1e-3, 0.3])
def test_pseudo_inverse(operator: LinearOperator, ridge: float) -> None:
    A, y = dense(operator), normal(4, *operator.measured, seed=2)
    inverse = np.linalg.pinv(A @ A.T + ridge * np.eye(len(A)), rcond=1e-11, hermitian=True)
    expected = y.flatten(1).numpy() @ (A.T @ inverse).T
    found = operator.pinv(y, ridge).flatten(1).numpy()
    # What a blur nearly loses comes back a thousand times and more as large.
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9 * np.abs(expected).max())


def test_what_is_measured_is_found_again(operator: LinearOperator) -> None:
    y = operator.forward(normal(4, *operator.shape, seed=1))
    torch.testing.assert_close(operator.forward(operator.pinv(y)), y, rtol=0, atol=1e-6)


def test_precision_is_that_of_the_images(operator: LinearOperator) -> None:
    x = normal(2, *operator.shape, seed=1)
    y = operator.forward(x)
    for made, exact in (
        (operator.forward(x.float()), y),
        (operator.adjoint(y.float()), operator.adjoint(y)),
        (operator.pinv(y.float(), 0.1), operator.pinv(y, 0.1)),
        (operator.picture(y.float()), operator.picture(y)),
    ):
        assert made.dtype == torch.float32
        torch.testing.assert_close(made.double(), exact, rtol=0, atol=2e-2 * float(exact.abs().max()))
    assert operator.picture(y).shape == x.shape


def test_what_does_not_fit_is_refused_in_one_sentence(operator: LinearOperator) -> None:
    channels, height, width = operator.shape
    with pytest.raises(
        ValueError, match=rf"^the operator '{operator.name}' measures images of shape \(batch, [\d, ]+\), got"
    ):
        operator.forward(torch.zeros(1, channels, height, width + 1))
    for undo in (operator.adjoint, operator.pinv):
        with pytest.raises(ValueError, match=rf"^the operator '{operator.name}' gives measurements of shape \(batch, "):
            undo(torch.zeros(1, *operator.measured, 1))


# --- what each of them sees


def test_a_box_is_hidden_where_it_says() -> None:
    image = torch.arange(48.0).reshape(1, 1, 6, 8)
    box = BoxMask((1, 6, 8), side=0.5, row=0.5, column=1.0)
    seen = box.adjoint(box.forward(image))
    assert [r for r in range(6) if seen[0, 0, r, 7] == 0] == [2, 3, 4]  # three rows from 1.5 on, rounded to even
    assert [c for c in range(8) if seen[0, 0, 3, c] == 0] == [4, 5, 6, 7]
    assert torch.equal(seen[0, 0][:2], image[0, 0][:2])


def test_a_random_mask_sees_a_share_of_the_pixels_in_all_channels() -> None:
    masks = [RandomMask((3, 8, 8), share=0.25, seed=seed) for seed in (0, 1)]
    assert masks[0].measured == (3, 16)
    seen = [mask.adjoint(mask.forward(torch.ones(1, 3, 8, 8)))[0] for mask in masks]
    assert torch.equal(seen[0][0], seen[0][2])
    assert not torch.equal(seen[0], seen[1])
    assert torch.equal(seen[0], masks[0].adjoint(masks[0].forward(torch.ones(1, 3, 8, 8)))[0])


def test_a_pool_sees_means_and_its_picture_repeats_them() -> None:
    image, pool = normal(1, 1, 4, 6, seed=3), AveragePool((1, 4, 6), 2)
    blocks = image.reshape(2, 2, 3, 2).mean((1, 3))
    torch.testing.assert_close(pool.forward(image)[0, 0], blocks)
    torch.testing.assert_close(
        pool.picture(pool.forward(image))[0, 0], blocks.repeat_interleave(2, 0).repeat_interleave(2, 1)
    )


@pytest.mark.parametrize("blur", [GaussianBlur((1, 9, 7), 0.8), MotionBlur((1, 9, 7), 3.0, 30.0)], ids=repr)
def test_a_blur_is_a_periodic_convolution(blur: GaussianBlur | MotionBlur) -> None:
    """Against sums over shifted images; what is all of one value stays as it is."""
    image, kernel = normal(1, 9, 7, seed=4)[0], blur.kernel()
    assert float(kernel.sum()) == pytest.approx(1)
    expected = sum(kernel[i, j] * image.roll((i, j), (0, 1)) for i in range(9) for j in range(7))
    torch.testing.assert_close(blur.forward(image[None, None])[0, 0], expected)
    assert torch.equal(blur.picture(image[None, None]), image[None, None])


def test_the_width_of_a_gaussian_blur_and_the_way_of_a_moving_camera() -> None:
    kernel, place = GaussianBlur((1, 33, 33), 2.0).kernel(), torch.arange(33)
    distance2 = torch.minimum(place, 33 - place).double() ** 2
    assert float((kernel * distance2[:, None]).sum()) == pytest.approx(4.0, rel=1e-3)
    flat = MotionBlur((1, 9, 9), length=3.0, angle=0.0).kernel()
    assert float(flat[0].sum()) == pytest.approx(1)
    steep = MotionBlur((1, 9, 9), length=3.0, angle=90.0).kernel()
    torch.testing.assert_close(steep[:, 0], flat[0])
    rising = MotionBlur((1, 9, 9), length=4.0, angle=45.0).kernel()
    assert rising[-1, 1] > 10 * rising[1, 1], "up and to the right, as angles go"


def test_sensing_is_a_matrix_of_the_noise_recipe() -> None:
    sensing = CompressedSensing((1, 4, 4), share=0.5, seed=2)
    assert sensing.measured == (8,)
    A = dense(sensing)
    assert np.abs(A.mean()) < 0.1
    assert A.var() == pytest.approx(1 / 16, rel=0.3)
    assert not np.allclose(A, dense(CompressedSensing((1, 4, 4), share=0.5, seed=3)))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: BoxMask((1, 8, 8), side=0.0), "hides no pixels"),
        (lambda: BoxMask((1, 8, 8), side=1.0), "hides all pixels"),
        (lambda: RandomMask((1, 8, 8), share=0.0), "hides all pixels"),
        (lambda: RandomMask((1, 8, 8), share=1.0), "hides no pixels"),
        (lambda: AveragePool((1, 7, 8)), "blocks of side 2 do not tile an image of shape"),
        (lambda: AveragePool((1, 8, 8), 1), "blocks of side 1 do not tile"),
        (lambda: GaussianBlur((1, 8, 8), 0.0), "standard deviation above 0"),
        (lambda: MotionBlur((1, 8, 8), -1.0), "length above 0"),
        (lambda: CompressedSensing((1, 2, 2), 0.1), "one to as many sums are taken, got 0"),
        (lambda: CompressedSensing((1, 2, 2), 2.0), "of an image of 4 numbers one to as many"),
    ],
)
def test_settings_that_cannot_be_are_refused(make: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()  # type: ignore[operator]


def test_measurements_have_noise_of_their_own_bank() -> None:
    operator, images = AveragePool((1, 4, 4)), normal(3, 1, 4, 4, seed=5).float()
    assert torch.equal(measure(operator, images), operator.forward(images))
    noisy = measure(operator, images, noise=0.5, seed=9)
    torch.testing.assert_close(noisy, operator.forward(images) + 0.5 * NoiseBank(9, (1, 2, 2))[:3])
    assert torch.equal(noisy[1:2] - operator.forward(images)[1:2], (noisy - operator.forward(images))[1:2])
    with pytest.raises(ValueError, match="standard deviation of 0 or more, got -1"):
        measure(operator, images, noise=-1)
