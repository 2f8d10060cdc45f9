"""Weights of the score as they go in and out."""

from typing import Annotated

from pydantic import ConfigDict, Field

from app.core.types import Form, Read
from app.domain.matching import HEAVIEST, WEIGHTS, Part

Weight = Annotated[int, Field(ge=0, le=HEAVIEST)]


class MatchWeightsSet(Form):
    """本区对接得分各项的权重，0 至 100，至少一项大于 0。"""

    model_config = ConfigDict(json_schema_extra={"examples": [{part.value: WEIGHTS[part] for part in Part}]})

    category: Weight
    text: Weight
    distance: Weight
    time: Weight
    capacity: Weight
    duty: Weight
    rating: Weight
    fairness: Weight


class MatchWeightsRead(Read):
    category: int
    text: int
    distance: int
    time: int
    capacity: int
    duty: int
    rating: int
    fairness: int
    version: Annotated[int, Field(description="0 为通用权重，本区未作设定")]
