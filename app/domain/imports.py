"""Files of citizen messages on their way to becoming needs."""

from enum import StrEnum

from app.core.errors import RuleBroken


class ImportState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class RejectCode(StrEnum):
    """Why a row did not become a need."""

    MALFORMED = "malformed"
    WRONG_CELL_COUNT = "wrong_cell_count"
    MISSING_NUMBER = "missing_number"
    NUMBER_TOO_LONG = "number_too_long"
    NUMBER_ODD = "number_odd"
    NUMBER_LOST_DIGITS = "number_lost_digits"
    DUPLICATE_IN_FILE = "duplicate_in_file"
    NUMBER_TAKEN = "number_taken"
    ASKER_TOO_LONG = "asker_too_long"
    MISSING_TITLE = "missing_title"
    TITLE_TOO_LONG = "title_too_long"
    MISSING_TIME = "missing_time"
    BAD_TIME = "bad_time"
    MISSING_DETAILS = "missing_details"
    DETAILS_TOO_LONG = "details_too_long"
    CONTROL_CHARACTER = "control_character"


COLUMNS = ("留言编号", "留言用户", "留言主题", "留言时间", "留言详情")
"""What a file must have, in any order; other columns are ignored."""
MAX_ROWS = 100_000


class FileRefused(RuleBroken):
    """The file as a whole cannot be read; nothing of it has been taken in. The detail says why, in one sentence."""

    code, title = "file_refused", "文件不能导入"
