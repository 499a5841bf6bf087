"""Models of torchvision, timm, vit-pytorch and x-transformers, small and random."""

import timm
import torchvision.models as vision
from timm.models.mlp_mixer import MlpMixer
from timm.models.vision_transformer import VisionTransformer
from vit_pytorch import ViT
from vit_pytorch.simple_vit import SimpleViT
from x_transformers import Decoder, Encoder, TransformerWrapper

TRANSFORMER = {"image_size": 16, "patch_size": 4, "num_classes": 5, "dim": 16, "depth": 2,
               "heads": 2, "mlp_dim": 24}
IMAGES = {  # a model of images of five classes, and the size of its images
    "torchvision's ResNet": lambda: (vision.resnet18(num_classes=5), 32),
    "torchvision's MobileNet V3": lambda: (vision.mobilenet_v3_small(num_classes=5), 32),
    "torchvision's DenseNet": lambda: (vision.DenseNet(8, (2, 2), 8, num_classes=5), 32),
    "torchvision's EfficientNet": lambda: (vision.efficientnet_b0(num_classes=5), 32),
    "torchvision's Swin V2": lambda: (vision.SwinTransformer(
        [2, 2], 8, [2, 2], [2, 2], [2, 2], num_classes=5,
        block=vision.swin_transformer.SwinTransformerBlockV2,
        downsample_layer=vision.swin_transformer.PatchMergingV2), 16),
    "torchvision's ViT": lambda: (vision.VisionTransformer(16, 4, 2, 2, 16, 24, num_classes=5), 16),
    "timm's ConvNeXt": lambda: (timm.create_model(
        "convnext_atto", depths=(1, 1, 1, 1), dims=(8, 8, 8, 8), num_classes=5), 32),
    "timm's MLP-Mixer": lambda: (MlpMixer(
        num_classes=5, img_size=16, patch_size=4, num_blocks=2, embed_dim=16), 16),
    "timm's ViT with registers": lambda: (VisionTransformer(
        16, 4, num_classes=5, embed_dim=16, depth=2, num_heads=2, reg_tokens=2), 16),
    "timm's XCiT": lambda: (timm.create_model(
        "xcit_nano_12_p16_224", img_size=32, embed_dim=16, depth=2, num_heads=2, num_classes=5),
        32),
    "timm's ResNet without norms": lambda: (timm.create_model("nf_resnet26", num_classes=5), 32),
    "vit-pytorch's ViT": lambda: (ViT(**TRANSFORMER), 16),
    "vit-pytorch's SimpleViT": lambda: (SimpleViT(**TRANSFORMER), 16),
}


def of_tokens(words, layers, positions=True, **options):
    return TransformerWrapper(
        num_tokens=words, max_seq_len=32, use_abs_pos_emb=positions,
        attn_layers=layers(dim=16, depth=2, heads=2, attn_dim_head=8, **options))


TOKENS = {  # of a count of words, a model of ids (B, L) that takes a mask, too
    "x-transformers' decoder": lambda words: of_tokens(words, Decoder),
    "x-transformers' decoder, ALiBi": lambda words: of_tokens(
        words, Decoder, positions=False, alibi_pos_bias=True),
    "x-transformers' encoder": lambda words: of_tokens(words, Encoder),
}
