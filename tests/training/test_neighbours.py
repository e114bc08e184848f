"""The neighbour loss: each place is drawn to the place of the style most like it."""

import torch

from ccpl.training.losses.neighbours import neighbour_loss

STYLE = torch.eye(3)[None] * torch.tensor([1.0, 2.0, 3.0])  # three columns unlike each other


def test_columns_of_the_style_itself_cost_nothing_in_any_order():
    moved = STYLE[:, [2, 0, 1]]
    assert torch.allclose(neighbour_loss(moved, moved, STYLE), torch.zeros(1), atol=1e-6)


def test_the_content_has_its_say_which_neighbour_it_is():
    vague = STYLE.mean(1, keepdim=True) + 0.01 * torch.randn(1, 3, 3)
    gradients = []
    for content in (STYLE, STYLE[:, [1, 2, 0]]):
        now = vague.clone().requires_grad_()
        neighbour_loss(now, content, STYLE).sum().backward()
        gradients.append(now.grad)
    assert not torch.allclose(*gradients, atol=1e-3)


def test_descent_leads_to_columns_of_the_style():
    now = torch.randn(2, 50, 8).requires_grad_()
    content, style = torch.randn(2, 50, 8), torch.randn(2, 30, 8)
    adam = torch.optim.Adam([now], lr=0.05)
    first = neighbour_loss(now, content, style)
    for _ in range(300):
        adam.zero_grad()
        neighbour_loss(now, content, style).sum().backward()
        adam.step()
    assert (neighbour_loss(now, content, style) < 0.02).all()
    assert (first > 0.2).all()
