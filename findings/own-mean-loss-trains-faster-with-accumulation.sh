#!/bin/sh
# Trainer multiplies a mean loss of your own by the accumulation steps, if the model takes **kwargs.
#
# transformers 5.24.0, accelerate 1.15.0, torch 2.13.0, CPU. Guess before the run: Trainer divides the loss of
# each batch by gradient_accumulation_steps, so four batches of one give the step of one batch of four.
# What proved it wrong: a forward with **kwargs counts as one that divides by num_items_in_batch, so
# Trainer leaves out its own division also for the loss of an overridden compute_loss. The weight goes
# to 1.6 and not to 0.4; without **kwargs it goes to 0.4. Only the clipping of max_grad_norm hides it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q torch==2.13.0 numpy==2.3.5 transformers==5.24.0 accelerate==1.15.0
cat > "$folder/run.py" <<'PYTHON'
import sys

import torch
from transformers import Trainer, TrainingArguments


class Plain(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(()))

    def forward(self, x, labels=None):
        return {"logits": self.w * x}


class WithKeywords(Plain):
    def forward(self, x, labels=None, **kwargs):
        return {"logits": self.w * x}


class Mean(Trainer):
    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        return (model(**inputs)["logits"] - inputs["labels"]).square().mean()


print(torch.__version__.split("+")[0])
for model in (Plain, WithKeywords):
    for batch, steps in ((4, 1), (1, 4)):
        trainer = Mean(model(), TrainingArguments(
            sys.argv[1], max_steps=1, optim="sgd", learning_rate=0.1, max_grad_norm=0.0,
            lr_scheduler_type="constant", report_to=[], disable_tqdm=True, save_strategy="no",
            logging_strategy="no", use_cpu=True, per_device_train_batch_size=batch,
            gradient_accumulation_steps=steps), train_dataset=[{"x": 1.0, "labels": 2.0}] * 8)
        trainer.train()
        print("seen", model.__name__, "batch", batch, "steps", steps, f"{trainer.model.w.item():.2f}")
PYTHON
"$folder/venv/bin/python" "$folder/run.py" "$folder/out" 2> /dev/null | grep -E "^(seen|2\.)" > "$folder/seen"
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
2.13.0
seen Plain batch 4 steps 1 0.40
seen Plain batch 1 steps 4 0.40
seen WithKeywords batch 4 steps 1 0.40
seen WithKeywords batch 1 steps 4 1.60
SEEN
