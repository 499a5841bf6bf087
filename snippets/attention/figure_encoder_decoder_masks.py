"""The figure of encoder and decoder: three attentions, three masks."""

import torch

from snippets.attention.encoder_decoder_masks import masks_for

INPUT = torch.tensor([[5, 6, 7, 0], [1, 8, 9, 2]])
OTHER = torch.tensor([[5, 6, 0, 0, 0], [1, 8, 9, 2, 0]])


def panels(ids: torch.Tensor) -> list[dict[str, object]]:
    """Show what stays of a source and a target, the rows of `ids`."""
    source, target = ids[:1], ids[1:]
    inputs, _, masks = masks_for(source, target, pad_id=0)
    s, t = source.shape[1], inputs.shape[1]
    encoder = ~masks["src_key_padding_mask"].expand(s, s)
    decoder = ~(masks["tgt_mask"] | masks["tgt_key_padding_mask"])
    between = ~masks["memory_key_padding_mask"].expand(t, s)

    def hidden(mask: torch.Tensor) -> str:
        return f"hides {(~mask).sum()} of {mask.numel()} cells"

    return [
        {
            "title": "in the encoder",
            "mask": encoder,
            "across": "source",
            "down": "source",
            "says": f"the encoder {hidden(encoder)}",
        },
        {
            "title": "in the decoder",
            "mask": decoder,
            "across": "target",
            "down": "target",
            "says": f"the decoder {hidden(decoder)}",
        },
        {
            "title": "decoder to encoder",
            "mask": between,
            "across": "source",
            "down": "target",
            "says": hidden(between),
        },
    ]
