"""Who may do what: roles that one service takes on, with statements that name what they reach."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct


@dataclass(frozen=True)
class Statement:
    """`because` is asked for where a resource or an action can't be named; it stands in the policy as its `Sid`."""

    actions: Sequence[str]
    resources: Sequence[str]
    conditions: Mapping[str, Any] = field(default_factory=dict)
    because: str = ""

    def __post_init__(self) -> None:
        if not self.because and "*" in (*self.actions, *self.resources):
            raise ValueError(f"say why {list(self.actions)} on {list(self.resources)} can't be narrower")


@dataclass(frozen=True)
class Role:
    """Whoever takes it on can do nothing before `rights` are there."""

    arn: str
    rights: ITerraformDependable


def policy(statements: Sequence[Statement]) -> str:
    """The document of an identity's policy."""
    return json.dumps({"Version": "2012-10-17", "Statement": [_written(each) for each in statements]})


def _written(statement: Statement) -> dict[str, Any]:
    written: dict[str, Any] = {
        **({"Sid": f"Because{_words(statement.because)}"} if statement.because else {}),
        "Effect": "Allow",
        "Action": list(statement.actions),
        "Resource": list(statement.resources),
    }
    if statement.conditions:
        written["Condition"] = dict(statement.conditions)
    return written


def _words(text: str) -> str:
    """IAM takes letters and digits alone."""
    return "".join(f"{word[0].upper()}{word[1:]}" for word in re.findall(r"[A-Za-z0-9]+", text.replace("'", "")))


def role(scope: Construct, id: str, *, name: str, service: str, statements: Sequence[Statement]) -> Role:
    """A role that `service` (as `lambda.amazonaws.com`) takes on."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}],
    }
    made = IamRole(scope, id, name=name, assume_role_policy=json.dumps(trust), force_detach_policies=True)
    rights = IamRolePolicy(scope, f"{id}-policy", name=name, role=made.name, policy=policy(statements))
    return Role(made.arn, rights)
