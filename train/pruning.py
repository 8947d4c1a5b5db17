"""Magnitude pruning while training goes on: sparsity grows with a cubic schedule (Zhu and Gupta 2017)."""

import torch


class Pruner:
    """Leaves `kept` numbers of all `matrices` together; between `start` and `end` of the training more and more go."""

    def __init__(self, matrices, kept, start=0.1, end=0.5):
        self.matrices, self.kept, self.start, self.end = matrices, kept, start, end
        self.total = sum(matrix.numel() for matrix in matrices)
        self.masks = [torch.ones_like(matrix) for matrix in matrices]
        self.finished = False

    @torch.no_grad()
    def step(self, progress):
        """To be called behind each step of the optimizer, with the share of the training that is done."""
        if progress >= self.start and not self.finished:
            done = min(1.0, (progress - self.start) / (self.end - self.start))
            self.choose(self.kept + round((self.total - self.kept) * (1 - done) ** 3))
            self.finished = done == 1.0
        for matrix, mask in zip(self.matrices, self.masks):
            matrix.mul_(mask)

    def choose(self, count):
        magnitudes = torch.cat([matrix.abs().flatten() for matrix in self.matrices])
        chosen = torch.zeros_like(magnitudes)
        chosen[magnitudes.topk(count).indices] = 1
        parts = chosen.split([matrix.numel() for matrix in self.matrices])
        self.masks = [part.view_as(matrix) for part, matrix in zip(parts, self.matrices)]
