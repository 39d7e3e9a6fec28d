"""The training network's own arithmetic, against torch's."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from models.training.network import Layer, Shape, dropout  # noqa: E402


def test_attention_is_that_of_torch() -> None:
    torch.manual_seed(0)
    layer = Layer(Shape(10, 32, 1, 4, 64, 16, 2)).eval()
    hidden, bias = torch.randn(3, 7, 32), torch.zeros(3, 1, 1, 7)
    bias[1, ..., 4:] = -1e4
    query, key, value = layer.qkv(hidden).view(3, 7, 3, 4, 8).permute(2, 0, 3, 1, 4)
    mixed = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    after = layer.attention_norm(hidden + layer.attention_out(mixed.transpose(1, 2).reshape(3, 7, 32)))
    expected = layer.feed_norm(after + layer.feed_out(torch.nn.functional.gelu(layer.feed_in(after))))
    torch.testing.assert_close(layer(hidden, bias), expected)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_dropout_drops_its_share_and_keeps_the_mean(share: float) -> None:
    torch.manual_seed(0)
    dropped = dropout(torch.ones(301, 101), share)
    assert (dropped == 0).float().mean().item() == pytest.approx(share, abs=0.01)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.02)
    assert len(set(dropped.unique().tolist())) == 2


def test_dropout_follows_the_seed_and_keeps_the_type() -> None:
    values = torch.ones(5, 13, dtype=torch.bfloat16)
    torch.manual_seed(3)
    first = dropout(values, 0.3)
    torch.manual_seed(3)
    assert torch.equal(first, dropout(values, 0.3))
    assert first.dtype == torch.bfloat16
