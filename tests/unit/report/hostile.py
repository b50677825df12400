"""A study in which every name from a user's file tries to run a script or to break the page."""

from __future__ import annotations

from dataclasses import replace

from study_of import MLP, network, result, whole_study

from featurenet_uvl.report.content.study import NamedStudy, Network, SampleStudy, Study
from featurenet_uvl.training.trials.trial import TrialResult, TrialStatus

MARK = "window.hacked"
ATTACKS = (
    f"<script>{MARK}=1</script>",
    f"</script><script>{MARK}=2</script>",
    f'"><img src=x onerror="{MARK}=3">',
    f"'><svg onload={MARK}=4>",
    f"<!--<script>{MARK}=5",
    f"]]></style><script>{MARK}=6</script>",
    f"</title></dialog><a href='javascript:{MARK}=7'>&lt;",
    f"\u2028\u202e\x00\ud800 {MARK}=8",
)


def hostile_study() -> Study:
    """Return a study whose texts are attacks, and whose numbers are infinite or NaN."""
    plain = whole_study()
    networks = [network(attack, 0.5 + 0.01 * number) for number, attack in enumerate(ATTACKS)]
    reasons = [
        Network(f"{number}", 5, MLP, "h", result=TrialResult("x", "h", TrialStatus.FAILED, attack))
        for number, attack in enumerate(ATTACKS)
    ]
    diverged = replace(
        result(ATTACKS[1], 0.5),
        status=TrialStatus.NAN,
        loss=float("nan"),
        train_accuracy=float("inf"),
        reason=ATTACKS[2],
    )
    last = Network(ATTACKS[0], 7, MLP, "d", left_out=ATTACKS[3], result=diverged)
    sample = SampleStudy(ATTACKS[1], "mnist", ATTACKS[2], 3, 1, (*networks, *reasons, last), ATTACKS[3])
    return replace(
        plain,
        preset=ATTACKS[1],
        about=ATTACKS[6],
        samples=(sample, *plain.samples),
        baselines=(replace(plain.baselines[0], name=ATTACKS[2]), *plain.baselines),
        named=(NamedStudy(ATTACKS[4], "mnist", 2, 5, None, MLP),),
        missing=ATTACKS,
        environment=dict(zip(ATTACKS, reversed(ATTACKS), strict=True)),
        commands=ATTACKS,
    )
