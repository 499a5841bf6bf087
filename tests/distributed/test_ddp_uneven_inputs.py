"""What the page says of schedules, of running statistics and of the next epoch."""

from snippets.distributed.gradient_averaging import run_ranks


def schedule(rank):
    layer = nn.Linear(1, 1, bias=False)  # noqa: F821
    nn.init.ones_(layer.weight)  # noqa: F821
    model = DistributedDataParallel(layer)  # noqa: F821
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)  # noqa: F821
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)  # noqa: F821

    def step():
        optimizer.zero_grad()
        model(torch.ones(1, 1)).sum().backward()  # noqa: F821
        optimizer.step()
        scheduler.step()
        return layer.weight.item()

    with model.join():
        for _ in range(3 - rank):
            step()
    return layer.weight.item(), step()


def test_a_schedule_in_the_loop_differs_after_a_join():
    (one, one_next), (two, two_next) = run_ranks(schedule)
    assert one == two
    assert one_next != two_next


def statistics(rank, longer):
    norm = nn.BatchNorm1d(1)  # noqa: F821
    model = DistributedDataParallel(norm)  # noqa: F821
    with model.join():
        for _ in range(3 if rank == longer else 2):
            model(torch.full((2, 1), 10.0 * (rank + 1))).sum().backward()  # noqa: F821
    return norm.running_mean.item(), norm.num_batches_tracked.item()


def test_the_rank_that_finished_last_gives_the_statistics():
    by_longer = [run_ranks(statistics, longer) for longer in (0, 1)]
    assert all(one == two and one[1] == 3 for one, two in by_longer)
    assert by_longer[0] != by_longer[1]


def two_epochs(rank):
    model, steps = DistributedDataParallel(nn.Linear(1, 1)), []  # noqa: F821
    for _ in range(2):
        steps.append(0)
        try:
            with model.join(throw_on_early_termination=True):
                for _ in range(3 - rank):
                    model(torch.ones(1, 1)).sum().backward()  # noqa: F821
                    steps[-1] += 1
        except RuntimeError:
            pass
    return steps


def test_after_the_error_the_next_epoch_begins():
    assert run_ranks(two_epochs) == [[2, 2], [2, 2]]
