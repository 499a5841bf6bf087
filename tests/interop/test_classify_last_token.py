import torch
from transformers import BertConfig, BertForSequenceClassification


def test_one_label_is_a_regression():
    model = BertForSequenceClassification(BertConfig(
        vocab_size=20, hidden_size=8, intermediate_size=8,
        num_hidden_layers=1, num_attention_heads=2, num_labels=1)).eval()
    out = model(torch.tensor([[3, 4]]), labels=torch.tensor([1]))
    torch.testing.assert_close(out.loss, (out.logits[0, 0] - 1) ** 2)
