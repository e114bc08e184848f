import pytest
import torch
import torch.nn.functional as F

from ccpl.models.painter.layers import luminance, normalise, up_conv3x3


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (16, 9)])
def test_up_conv_is_the_convolution_of_the_enlargement(size):
    x, weight, bias = torch.randn(2, 5, *size), torch.randn(7, 5, 3, 3), torch.randn(7)
    enlarged = F.pad(F.interpolate(x, scale_factor=2), (1, 1, 1, 1), mode="replicate")
    torch.testing.assert_close(
        up_conv3x3(x, weight, bias), F.conv2d(enlarged, weight, bias), atol=1e-4, rtol=1e-4
    )


def test_normalised_channels_have_mean_0_and_deviation_1():
    x = normalise(3 + 5 * torch.randn(2, 4, 20, 30), eps=1e-4)
    torch.testing.assert_close(x.mean((2, 3)), torch.zeros(2, 4), atol=1e-5, rtol=0)
    torch.testing.assert_close(x.std((2, 3)), torch.ones(2, 4), atol=1e-4, rtol=0)


def test_luminance_of_grey_is_its_value():
    grey = torch.rand(1, 1, 4, 6).expand(1, 3, 4, 6)
    torch.testing.assert_close(luminance(grey), grey[:, :1])
