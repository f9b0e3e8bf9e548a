import datetime

from argus.policy.v1 import policy_pb2 as _policy_pb2
from argus.storage.v1 import image_pb2 as _image_pb2
from argus.type.v1 import geometry_pb2 as _geometry_pb2
from argus.type.v1 import text_pb2 as _text_pb2
from buf.validate import validate_pb2 as _validate_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.type import date_pb2 as _date_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CalibrationSettings(_message.Message):
    __slots__ = ("scorer", "model", "size", "augmentation", "mask_background", "coreset_size", "banks", "part_rule", "regions_of_interest", "registration")
    class Augmentation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        AUGMENTATION_UNSPECIFIED: _ClassVar[CalibrationSettings.Augmentation]
        AUTO: _ClassVar[CalibrationSettings.Augmentation]
        NONE: _ClassVar[CalibrationSettings.Augmentation]
        LIGHTING: _ClassVar[CalibrationSettings.Augmentation]
        ROTATION_AND_LIGHTING: _ClassVar[CalibrationSettings.Augmentation]
    AUGMENTATION_UNSPECIFIED: CalibrationSettings.Augmentation
    AUTO: CalibrationSettings.Augmentation
    NONE: CalibrationSettings.Augmentation
    LIGHTING: CalibrationSettings.Augmentation
    ROTATION_AND_LIGHTING: CalibrationSettings.Augmentation
    class Banks(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        BANKS_UNSPECIFIED: _ClassVar[CalibrationSettings.Banks]
        BANKS_AUTO: _ClassVar[CalibrationSettings.Banks]
        BANKS_ONE: _ClassVar[CalibrationSettings.Banks]
        BANKS_TWO: _ClassVar[CalibrationSettings.Banks]
    BANKS_UNSPECIFIED: CalibrationSettings.Banks
    BANKS_AUTO: CalibrationSettings.Banks
    BANKS_ONE: CalibrationSettings.Banks
    BANKS_TWO: CalibrationSettings.Banks
    class Registration(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REGISTRATION_UNSPECIFIED: _ClassVar[CalibrationSettings.Registration]
        REGISTRATION_NONE: _ClassVar[CalibrationSettings.Registration]
        REGISTRATION_TRANSLATION: _ClassVar[CalibrationSettings.Registration]
        REGISTRATION_RIGID: _ClassVar[CalibrationSettings.Registration]
    REGISTRATION_UNSPECIFIED: CalibrationSettings.Registration
    REGISTRATION_NONE: CalibrationSettings.Registration
    REGISTRATION_TRANSLATION: CalibrationSettings.Registration
    REGISTRATION_RIGID: CalibrationSettings.Registration
    class Scorer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SCORER_UNSPECIFIED: _ClassVar[CalibrationSettings.Scorer]
        PATCH_CORESET: _ClassVar[CalibrationSettings.Scorer]
        IMAGE_KNN: _ClassVar[CalibrationSettings.Scorer]
    SCORER_UNSPECIFIED: CalibrationSettings.Scorer
    PATCH_CORESET: CalibrationSettings.Scorer
    IMAGE_KNN: CalibrationSettings.Scorer
    SCORER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    AUGMENTATION_FIELD_NUMBER: _ClassVar[int]
    MASK_BACKGROUND_FIELD_NUMBER: _ClassVar[int]
    CORESET_SIZE_FIELD_NUMBER: _ClassVar[int]
    BANKS_FIELD_NUMBER: _ClassVar[int]
    PART_RULE_FIELD_NUMBER: _ClassVar[int]
    REGIONS_OF_INTEREST_FIELD_NUMBER: _ClassVar[int]
    REGISTRATION_FIELD_NUMBER: _ClassVar[int]
    scorer: CalibrationSettings.Scorer
    model: str
    size: int
    augmentation: CalibrationSettings.Augmentation
    mask_background: bool
    coreset_size: int
    banks: CalibrationSettings.Banks
    part_rule: PartRule
    regions_of_interest: _containers.RepeatedCompositeFieldContainer[_geometry_pb2.Polygon]
    registration: CalibrationSettings.Registration
    def __init__(self, scorer: _Optional[_Union[CalibrationSettings.Scorer, str]] = ..., model: _Optional[str] = ..., size: _Optional[int] = ..., augmentation: _Optional[_Union[CalibrationSettings.Augmentation, str]] = ..., mask_background: _Optional[bool] = ..., coreset_size: _Optional[int] = ..., banks: _Optional[_Union[CalibrationSettings.Banks, str]] = ..., part_rule: _Optional[_Union[PartRule, _Mapping]] = ..., regions_of_interest: _Optional[_Iterable[_Union[_geometry_pb2.Polygon, _Mapping]]] = ..., registration: _Optional[_Union[CalibrationSettings.Registration, str]] = ...) -> None: ...

class PartRule(_message.Message):
    __slots__ = ("label", "filename_pattern", "proposal")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    FILENAME_PATTERN_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_FIELD_NUMBER: _ClassVar[int]
    label: str
    filename_pattern: str
    proposal: str
    def __init__(self, label: _Optional[str] = ..., filename_pattern: _Optional[str] = ..., proposal: _Optional[str] = ...) -> None: ...

class Member(_message.Message):
    __slots__ = ("user_id", "role", "email")
    class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ROLE_UNSPECIFIED: _ClassVar[Member.Role]
        VIEWER: _ClassVar[Member.Role]
        INSPECTOR: _ClassVar[Member.Role]
    ROLE_UNSPECIFIED: Member.Role
    VIEWER: Member.Role
    INSPECTOR: Member.Role
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    user_id: str
    role: Member.Role
    email: str
    def __init__(self, user_id: _Optional[str] = ..., role: _Optional[_Union[Member.Role, str]] = ..., email: _Optional[str] = ...) -> None: ...

class GroupShare(_message.Message):
    __slots__ = ("group_id", "role")
    GROUP_ID_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    group_id: str
    role: Member.Role
    def __init__(self, group_id: _Optional[str] = ..., role: _Optional[_Union[Member.Role, str]] = ...) -> None: ...

class ShareInvitation(_message.Message):
    __slots__ = ("invitation_id", "reference_set_id", "display_name", "email", "user_id", "inviter_email", "role", "create_time", "expire_time")
    INVITATION_ID_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    INVITER_EMAIL_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    invitation_id: str
    reference_set_id: str
    display_name: str
    email: str
    user_id: str
    inviter_email: str
    role: Member.Role
    create_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, invitation_id: _Optional[str] = ..., reference_set_id: _Optional[str] = ..., display_name: _Optional[str] = ..., email: _Optional[str] = ..., user_id: _Optional[str] = ..., inviter_email: _Optional[str] = ..., role: _Optional[_Union[Member.Role, str]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReferenceSet(_message.Message):
    __slots__ = ("reference_set_id", "user_id", "display_name", "state", "current_version", "image_count", "create_time", "members", "last_calibration", "changed", "groups", "invitations", "part_rule", "sensitivity", "view_of", "views")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[ReferenceSet.State]
        EMPTY: _ClassVar[ReferenceSet.State]
        CALIBRATING: _ClassVar[ReferenceSet.State]
        READY: _ClassVar[ReferenceSet.State]
        FAILED: _ClassVar[ReferenceSet.State]
    STATE_UNSPECIFIED: ReferenceSet.State
    EMPTY: ReferenceSet.State
    CALIBRATING: ReferenceSet.State
    READY: ReferenceSet.State
    FAILED: ReferenceSet.State
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CURRENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    LAST_CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    INVITATIONS_FIELD_NUMBER: _ClassVar[int]
    PART_RULE_FIELD_NUMBER: _ClassVar[int]
    SENSITIVITY_FIELD_NUMBER: _ClassVar[int]
    VIEW_OF_FIELD_NUMBER: _ClassVar[int]
    VIEWS_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    user_id: str
    display_name: str
    state: ReferenceSet.State
    current_version: int
    image_count: int
    create_time: _timestamp_pb2.Timestamp
    members: _containers.RepeatedCompositeFieldContainer[Member]
    last_calibration: Job
    changed: bool
    groups: _containers.RepeatedCompositeFieldContainer[GroupShare]
    invitations: _containers.RepeatedCompositeFieldContainer[ShareInvitation]
    part_rule: PartRule
    sensitivity: SensitivitySummary
    view_of: str
    views: _containers.RepeatedCompositeFieldContainer[View]
    def __init__(self, reference_set_id: _Optional[str] = ..., user_id: _Optional[str] = ..., display_name: _Optional[str] = ..., state: _Optional[_Union[ReferenceSet.State, str]] = ..., current_version: _Optional[int] = ..., image_count: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., members: _Optional[_Iterable[_Union[Member, _Mapping]]] = ..., last_calibration: _Optional[_Union[Job, _Mapping]] = ..., changed: _Optional[bool] = ..., groups: _Optional[_Iterable[_Union[GroupShare, _Mapping]]] = ..., invitations: _Optional[_Iterable[_Union[ShareInvitation, _Mapping]]] = ..., part_rule: _Optional[_Union[PartRule, _Mapping]] = ..., sensitivity: _Optional[_Union[SensitivitySummary, _Mapping]] = ..., view_of: _Optional[str] = ..., views: _Optional[_Iterable[_Union[View, _Mapping]]] = ...) -> None: ...

class View(_message.Message):
    __slots__ = ("reference_set_id", "display_name", "state", "current_version", "image_count", "regions_of_interest", "target_false_alarm_rate")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CURRENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    REGIONS_OF_INTEREST_FIELD_NUMBER: _ClassVar[int]
    TARGET_FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    display_name: str
    state: ReferenceSet.State
    current_version: int
    image_count: int
    regions_of_interest: _containers.RepeatedCompositeFieldContainer[_geometry_pb2.Polygon]
    target_false_alarm_rate: float
    def __init__(self, reference_set_id: _Optional[str] = ..., display_name: _Optional[str] = ..., state: _Optional[_Union[ReferenceSet.State, str]] = ..., current_version: _Optional[int] = ..., image_count: _Optional[int] = ..., regions_of_interest: _Optional[_Iterable[_Union[_geometry_pb2.Polygon, _Mapping]]] = ..., target_false_alarm_rate: _Optional[float] = ...) -> None: ...

class Job(_message.Message):
    __slots__ = ("job_id", "reference_set_id", "kind", "state", "stage", "images_done", "images_total", "error", "create_time", "end_time", "user_id", "skipped", "target_false_alarm_rate", "settings", "from_scratch", "versions", "version", "head_training", "comparison")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Job.Kind]
        CALIBRATION: _ClassVar[Job.Kind]
        HEAD_TRAINING: _ClassVar[Job.Kind]
        COMPARISON: _ClassVar[Job.Kind]
    KIND_UNSPECIFIED: Job.Kind
    CALIBRATION: Job.Kind
    HEAD_TRAINING: Job.Kind
    COMPARISON: Job.Kind
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Job.State]
        QUEUED: _ClassVar[Job.State]
        RUNNING: _ClassVar[Job.State]
        SUCCEEDED: _ClassVar[Job.State]
        FAILED: _ClassVar[Job.State]
        CANCELLED: _ClassVar[Job.State]
    STATE_UNSPECIFIED: Job.State
    QUEUED: Job.State
    RUNNING: Job.State
    SUCCEEDED: Job.State
    FAILED: Job.State
    CANCELLED: Job.State
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    IMAGES_DONE_FIELD_NUMBER: _ClassVar[int]
    IMAGES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    TARGET_FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    FROM_SCRATCH_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    HEAD_TRAINING_FIELD_NUMBER: _ClassVar[int]
    COMPARISON_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    reference_set_id: str
    kind: Job.Kind
    state: Job.State
    stage: str
    images_done: int
    images_total: int
    error: _status_pb2.Status
    create_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    user_id: str
    skipped: _containers.RepeatedCompositeFieldContainer[SkippedImage]
    target_false_alarm_rate: float
    settings: CalibrationSettings
    from_scratch: bool
    versions: _containers.RepeatedScalarFieldContainer[int]
    version: int
    head_training: HeadTraining
    comparison: Comparison
    def __init__(self, job_id: _Optional[str] = ..., reference_set_id: _Optional[str] = ..., kind: _Optional[_Union[Job.Kind, str]] = ..., state: _Optional[_Union[Job.State, str]] = ..., stage: _Optional[str] = ..., images_done: _Optional[int] = ..., images_total: _Optional[int] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., user_id: _Optional[str] = ..., skipped: _Optional[_Iterable[_Union[SkippedImage, _Mapping]]] = ..., target_false_alarm_rate: _Optional[float] = ..., settings: _Optional[_Union[CalibrationSettings, _Mapping]] = ..., from_scratch: _Optional[bool] = ..., versions: _Optional[_Iterable[int]] = ..., version: _Optional[int] = ..., head_training: _Optional[_Union[HeadTraining, _Mapping]] = ..., comparison: _Optional[_Union[Comparison, _Mapping]] = ...) -> None: ...

class HeadTraining(_message.Message):
    __slots__ = ("kept", "version", "auroc_without", "auroc_with", "normal_count", "defect_count", "explanation", "gain_low", "gain_high", "wanted", "marked_count", "part_count")
    KEPT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    AUROC_WITHOUT_FIELD_NUMBER: _ClassVar[int]
    AUROC_WITH_FIELD_NUMBER: _ClassVar[int]
    NORMAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    DEFECT_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    GAIN_LOW_FIELD_NUMBER: _ClassVar[int]
    GAIN_HIGH_FIELD_NUMBER: _ClassVar[int]
    WANTED_FIELD_NUMBER: _ClassVar[int]
    MARKED_COUNT_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    kept: bool
    version: int
    auroc_without: float
    auroc_with: float
    normal_count: int
    defect_count: int
    explanation: str
    gain_low: float
    gain_high: float
    wanted: _containers.RepeatedCompositeFieldContainer[WantedFeedback]
    marked_count: int
    part_count: int
    def __init__(self, kept: _Optional[bool] = ..., version: _Optional[int] = ..., auroc_without: _Optional[float] = ..., auroc_with: _Optional[float] = ..., normal_count: _Optional[int] = ..., defect_count: _Optional[int] = ..., explanation: _Optional[str] = ..., gain_low: _Optional[float] = ..., gain_high: _Optional[float] = ..., wanted: _Optional[_Iterable[_Union[WantedFeedback, _Mapping]]] = ..., marked_count: _Optional[int] = ..., part_count: _Optional[int] = ...) -> None: ...

class WantedFeedback(_message.Message):
    __slots__ = ("kind", "count", "advice", "more", "error", "expected_error")
    class Advice(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ADVICE_UNSPECIFIED: _ClassVar[WantedFeedback.Advice]
        MORE_HELPS: _ClassVar[WantedFeedback.Advice]
        TOO_EARLY: _ClassVar[WantedFeedback.Advice]
        ENOUGH: _ClassVar[WantedFeedback.Advice]
    ADVICE_UNSPECIFIED: WantedFeedback.Advice
    MORE_HELPS: WantedFeedback.Advice
    TOO_EARLY: WantedFeedback.Advice
    ENOUGH: WantedFeedback.Advice
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    ADVICE_FIELD_NUMBER: _ClassVar[int]
    MORE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_ERROR_FIELD_NUMBER: _ClassVar[int]
    kind: str
    count: int
    advice: WantedFeedback.Advice
    more: int
    error: float
    expected_error: float
    def __init__(self, kind: _Optional[str] = ..., count: _Optional[int] = ..., advice: _Optional[_Union[WantedFeedback.Advice, str]] = ..., more: _Optional[int] = ..., error: _Optional[float] = ..., expected_error: _Optional[float] = ...) -> None: ...

class Comparison(_message.Message):
    __slots__ = ("a", "b", "only_a_right", "only_b_right", "p_value")
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    ONLY_A_RIGHT_FIELD_NUMBER: _ClassVar[int]
    ONLY_B_RIGHT_FIELD_NUMBER: _ClassVar[int]
    P_VALUE_FIELD_NUMBER: _ClassVar[int]
    a: Agreement
    b: Agreement
    only_a_right: int
    only_b_right: int
    p_value: float
    def __init__(self, a: _Optional[_Union[Agreement, _Mapping]] = ..., b: _Optional[_Union[Agreement, _Mapping]] = ..., only_a_right: _Optional[int] = ..., only_b_right: _Optional[int] = ..., p_value: _Optional[float] = ...) -> None: ...

class SkippedImage(_message.Message):
    __slots__ = ("image_id", "reason", "message")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    reason: str
    message: str
    def __init__(self, image_id: _Optional[str] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class Version(_message.Message):
    __slots__ = ("version", "create_time", "image_count", "settings", "model_version", "threshold", "coreset_size", "artifact_sha256", "artifact_bytes", "base_version", "has_head", "sensitivity", "sensitivity_summary", "banks", "frame_checks", "reference_image_id", "parts_new", "parts_known")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    CORESET_SIZE_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_SHA256_FIELD_NUMBER: _ClassVar[int]
    ARTIFACT_BYTES_FIELD_NUMBER: _ClassVar[int]
    BASE_VERSION_FIELD_NUMBER: _ClassVar[int]
    HAS_HEAD_FIELD_NUMBER: _ClassVar[int]
    SENSITIVITY_FIELD_NUMBER: _ClassVar[int]
    SENSITIVITY_SUMMARY_FIELD_NUMBER: _ClassVar[int]
    BANKS_FIELD_NUMBER: _ClassVar[int]
    FRAME_CHECKS_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    PARTS_NEW_FIELD_NUMBER: _ClassVar[int]
    PARTS_KNOWN_FIELD_NUMBER: _ClassVar[int]
    version: int
    create_time: _timestamp_pb2.Timestamp
    image_count: int
    settings: CalibrationSettings
    model_version: str
    threshold: Threshold
    coreset_size: int
    artifact_sha256: str
    artifact_bytes: int
    base_version: int
    has_head: bool
    sensitivity: _containers.RepeatedCompositeFieldContainer[Sensitivity]
    sensitivity_summary: SensitivitySummary
    banks: BankChoice
    frame_checks: FrameChecks
    reference_image_id: str
    parts_new: PartFigure
    parts_known: PartFigure
    def __init__(self, version: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., image_count: _Optional[int] = ..., settings: _Optional[_Union[CalibrationSettings, _Mapping]] = ..., model_version: _Optional[str] = ..., threshold: _Optional[_Union[Threshold, _Mapping]] = ..., coreset_size: _Optional[int] = ..., artifact_sha256: _Optional[str] = ..., artifact_bytes: _Optional[int] = ..., base_version: _Optional[int] = ..., has_head: _Optional[bool] = ..., sensitivity: _Optional[_Iterable[_Union[Sensitivity, _Mapping]]] = ..., sensitivity_summary: _Optional[_Union[SensitivitySummary, _Mapping]] = ..., banks: _Optional[_Union[BankChoice, _Mapping]] = ..., frame_checks: _Optional[_Union[FrameChecks, _Mapping]] = ..., reference_image_id: _Optional[str] = ..., parts_new: _Optional[_Union[PartFigure, _Mapping]] = ..., parts_known: _Optional[_Union[PartFigure, _Mapping]] = ...) -> None: ...

class PartFigure(_message.Message):
    __slots__ = ("threshold", "median_score", "false_alarm_rate", "painted", "found", "share")
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_SCORE_FIELD_NUMBER: _ClassVar[int]
    FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    PAINTED_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    threshold: Threshold
    median_score: float
    false_alarm_rate: float
    painted: int
    found: int
    share: Proportion
    def __init__(self, threshold: _Optional[_Union[Threshold, _Mapping]] = ..., median_score: _Optional[float] = ..., false_alarm_rate: _Optional[float] = ..., painted: _Optional[int] = ..., found: _Optional[int] = ..., share: _Optional[_Union[Proportion, _Mapping]] = ...) -> None: ...

class BankChoice(_message.Message):
    __slots__ = ("count", "explanation", "scale", "painted_auroc_one", "painted_auroc_two")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    PAINTED_AUROC_ONE_FIELD_NUMBER: _ClassVar[int]
    PAINTED_AUROC_TWO_FIELD_NUMBER: _ClassVar[int]
    count: int
    explanation: str
    scale: float
    painted_auroc_one: float
    painted_auroc_two: float
    def __init__(self, count: _Optional[int] = ..., explanation: _Optional[str] = ..., scale: _Optional[float] = ..., painted_auroc_one: _Optional[float] = ..., painted_auroc_two: _Optional[float] = ...) -> None: ...

class Sensitivity(_message.Message):
    __slots__ = ("kind", "size_px", "contrast", "painted", "found", "share")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIZE_PX_FIELD_NUMBER: _ClassVar[int]
    CONTRAST_FIELD_NUMBER: _ClassVar[int]
    PAINTED_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    kind: str
    size_px: int
    contrast: float
    painted: int
    found: int
    share: Proportion
    def __init__(self, kind: _Optional[str] = ..., size_px: _Optional[int] = ..., contrast: _Optional[float] = ..., painted: _Optional[int] = ..., found: _Optional[int] = ..., share: _Optional[_Union[Proportion, _Mapping]] = ...) -> None: ...

class SensitivitySummary(_message.Message):
    __slots__ = ("painted", "found", "share", "sizes", "finds_almost_nothing")
    class Size(_message.Message):
        __slots__ = ("size_px", "painted", "found", "share", "clear_share")
        SIZE_PX_FIELD_NUMBER: _ClassVar[int]
        PAINTED_FIELD_NUMBER: _ClassVar[int]
        FOUND_FIELD_NUMBER: _ClassVar[int]
        SHARE_FIELD_NUMBER: _ClassVar[int]
        CLEAR_SHARE_FIELD_NUMBER: _ClassVar[int]
        size_px: int
        painted: int
        found: int
        share: Proportion
        clear_share: Proportion
        def __init__(self, size_px: _Optional[int] = ..., painted: _Optional[int] = ..., found: _Optional[int] = ..., share: _Optional[_Union[Proportion, _Mapping]] = ..., clear_share: _Optional[_Union[Proportion, _Mapping]] = ...) -> None: ...
    PAINTED_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    FINDS_ALMOST_NOTHING_FIELD_NUMBER: _ClassVar[int]
    painted: int
    found: int
    share: Proportion
    sizes: _containers.RepeatedCompositeFieldContainer[SensitivitySummary.Size]
    finds_almost_nothing: bool
    def __init__(self, painted: _Optional[int] = ..., found: _Optional[int] = ..., share: _Optional[_Union[Proportion, _Mapping]] = ..., sizes: _Optional[_Iterable[_Union[SensitivitySummary.Size, _Mapping]]] = ..., finds_almost_nothing: _Optional[bool] = ...) -> None: ...

class Threshold(_message.Message):
    __slots__ = ("value", "target_false_alarm_rate", "false_alarm_rate_low", "false_alarm_rate_high", "held_out_count", "extrapolated", "false_alarm_rate", "set_by_person", "part_count", "parts_known")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    FALSE_ALARM_RATE_LOW_FIELD_NUMBER: _ClassVar[int]
    FALSE_ALARM_RATE_HIGH_FIELD_NUMBER: _ClassVar[int]
    HELD_OUT_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXTRAPOLATED_FIELD_NUMBER: _ClassVar[int]
    FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    SET_BY_PERSON_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    PARTS_KNOWN_FIELD_NUMBER: _ClassVar[int]
    value: float
    target_false_alarm_rate: float
    false_alarm_rate_low: float
    false_alarm_rate_high: float
    held_out_count: int
    extrapolated: bool
    false_alarm_rate: float
    set_by_person: bool
    part_count: int
    parts_known: bool
    def __init__(self, value: _Optional[float] = ..., target_false_alarm_rate: _Optional[float] = ..., false_alarm_rate_low: _Optional[float] = ..., false_alarm_rate_high: _Optional[float] = ..., held_out_count: _Optional[int] = ..., extrapolated: _Optional[bool] = ..., false_alarm_rate: _Optional[float] = ..., set_by_person: _Optional[bool] = ..., part_count: _Optional[int] = ..., parts_known: _Optional[bool] = ...) -> None: ...

class CreateReferenceSetRequest(_message.Message):
    __slots__ = ("display_name", "request_id", "part_rule", "view_of", "copy_images")
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PART_RULE_FIELD_NUMBER: _ClassVar[int]
    VIEW_OF_FIELD_NUMBER: _ClassVar[int]
    COPY_IMAGES_FIELD_NUMBER: _ClassVar[int]
    display_name: str
    request_id: str
    part_rule: PartRule
    view_of: str
    copy_images: bool
    def __init__(self, display_name: _Optional[str] = ..., request_id: _Optional[str] = ..., part_rule: _Optional[_Union[PartRule, _Mapping]] = ..., view_of: _Optional[str] = ..., copy_images: _Optional[bool] = ...) -> None: ...

class ListReferenceSetsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReferenceSetsResponse(_message.Message):
    __slots__ = ("reference_sets", "next_page_token")
    REFERENCE_SETS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reference_sets: _containers.RepeatedCompositeFieldContainer[ReferenceSet]
    next_page_token: str
    def __init__(self, reference_sets: _Optional[_Iterable[_Union[ReferenceSet, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetReferenceSetRequest(_message.Message):
    __slots__ = ("reference_set_id",)
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    def __init__(self, reference_set_id: _Optional[str] = ...) -> None: ...

class RenameReferenceSetRequest(_message.Message):
    __slots__ = ("reference_set_id", "display_name")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    display_name: str
    def __init__(self, reference_set_id: _Optional[str] = ..., display_name: _Optional[str] = ...) -> None: ...

class DeleteReferenceSetRequest(_message.Message):
    __slots__ = ("reference_set_id",)
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    def __init__(self, reference_set_id: _Optional[str] = ...) -> None: ...

class DeleteReferenceSetResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ShareReferenceSetRequest(_message.Message):
    __slots__ = ("reference_set_id", "user_ids", "role", "emails", "group_ids")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    EMAILS_FIELD_NUMBER: _ClassVar[int]
    GROUP_IDS_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    role: Member.Role
    emails: _containers.RepeatedScalarFieldContainer[str]
    group_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, reference_set_id: _Optional[str] = ..., user_ids: _Optional[_Iterable[str]] = ..., role: _Optional[_Union[Member.Role, str]] = ..., emails: _Optional[_Iterable[str]] = ..., group_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class UnshareReferenceSetRequest(_message.Message):
    __slots__ = ("reference_set_id", "user_ids", "emails", "group_ids")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    USER_IDS_FIELD_NUMBER: _ClassVar[int]
    EMAILS_FIELD_NUMBER: _ClassVar[int]
    GROUP_IDS_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    user_ids: _containers.RepeatedScalarFieldContainer[str]
    emails: _containers.RepeatedScalarFieldContainer[str]
    group_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, reference_set_id: _Optional[str] = ..., user_ids: _Optional[_Iterable[str]] = ..., emails: _Optional[_Iterable[str]] = ..., group_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ListShareInvitationsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListShareInvitationsResponse(_message.Message):
    __slots__ = ("invitations",)
    INVITATIONS_FIELD_NUMBER: _ClassVar[int]
    invitations: _containers.RepeatedCompositeFieldContainer[ShareInvitation]
    def __init__(self, invitations: _Optional[_Iterable[_Union[ShareInvitation, _Mapping]]] = ...) -> None: ...

class AcceptShareInvitationRequest(_message.Message):
    __slots__ = ("invitation_id",)
    INVITATION_ID_FIELD_NUMBER: _ClassVar[int]
    invitation_id: str
    def __init__(self, invitation_id: _Optional[str] = ...) -> None: ...

class DeclineShareInvitationRequest(_message.Message):
    __slots__ = ("invitation_id",)
    INVITATION_ID_FIELD_NUMBER: _ClassVar[int]
    invitation_id: str
    def __init__(self, invitation_id: _Optional[str] = ...) -> None: ...

class DeclineShareInvitationResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class LeaveReferenceSetRequest(_message.Message):
    __slots__ = ("reference_set_id",)
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    def __init__(self, reference_set_id: _Optional[str] = ...) -> None: ...

class LeaveReferenceSetResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class AddReferenceImagesRequest(_message.Message):
    __slots__ = ("reference_set_id", "image_ids")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, reference_set_id: _Optional[str] = ..., image_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class RemoveReferenceImagesRequest(_message.Message):
    __slots__ = ("reference_set_id", "image_ids")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, reference_set_id: _Optional[str] = ..., image_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ListReferenceImagesRequest(_message.Message):
    __slots__ = ("reference_set_id", "page_size", "page_token")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    page_size: int
    page_token: str
    def __init__(self, reference_set_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReferenceImagesResponse(_message.Message):
    __slots__ = ("image_ids", "next_page_token", "previews")
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PREVIEWS_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    next_page_token: str
    previews: _containers.RepeatedCompositeFieldContainer[_image_pb2.ImagePreview]
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ..., next_page_token: _Optional[str] = ..., previews: _Optional[_Iterable[_Union[_image_pb2.ImagePreview, _Mapping]]] = ...) -> None: ...

class ListProposedImagesRequest(_message.Message):
    __slots__ = ("reference_set_id", "page_size", "page_token")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    page_size: int
    page_token: str
    def __init__(self, reference_set_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListProposedImagesResponse(_message.Message):
    __slots__ = ("image_ids", "next_page_token", "previews")
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PREVIEWS_FIELD_NUMBER: _ClassVar[int]
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    next_page_token: str
    previews: _containers.RepeatedCompositeFieldContainer[_image_pb2.ImagePreview]
    def __init__(self, image_ids: _Optional[_Iterable[str]] = ..., next_page_token: _Optional[str] = ..., previews: _Optional[_Iterable[_Union[_image_pb2.ImagePreview, _Mapping]]] = ...) -> None: ...

class SetPartRuleRequest(_message.Message):
    __slots__ = ("reference_set_id", "rule")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    rule: PartRule
    def __init__(self, reference_set_id: _Optional[str] = ..., rule: _Optional[_Union[PartRule, _Mapping]] = ...) -> None: ...

class ProposePartsRequest(_message.Message):
    __slots__ = ("reference_set_id", "rule")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    rule: PartRule
    def __init__(self, reference_set_id: _Optional[str] = ..., rule: _Optional[_Union[PartRule, _Mapping]] = ...) -> None: ...

class PartProposal(_message.Message):
    __slots__ = ("reference_set_id", "rule", "image_count", "part_count", "unmatched_count", "groups", "skipped")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    PART_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNMATCHED_COUNT_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    rule: PartRule
    image_count: int
    part_count: int
    unmatched_count: int
    groups: _containers.RepeatedCompositeFieldContainer[PartGroup]
    skipped: _containers.RepeatedCompositeFieldContainer[SkippedImage]
    def __init__(self, reference_set_id: _Optional[str] = ..., rule: _Optional[_Union[PartRule, _Mapping]] = ..., image_count: _Optional[int] = ..., part_count: _Optional[int] = ..., unmatched_count: _Optional[int] = ..., groups: _Optional[_Iterable[_Union[PartGroup, _Mapping]]] = ..., skipped: _Optional[_Iterable[_Union[SkippedImage, _Mapping]]] = ...) -> None: ...

class PartGroup(_message.Message):
    __slots__ = ("key", "image_count", "image_ids", "previews")
    KEY_FIELD_NUMBER: _ClassVar[int]
    IMAGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    PREVIEWS_FIELD_NUMBER: _ClassVar[int]
    key: str
    image_count: int
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    previews: _containers.RepeatedCompositeFieldContainer[_image_pb2.ImagePreview]
    def __init__(self, key: _Optional[str] = ..., image_count: _Optional[int] = ..., image_ids: _Optional[_Iterable[str]] = ..., previews: _Optional[_Iterable[_Union[_image_pb2.ImagePreview, _Mapping]]] = ...) -> None: ...

class CalibrateReferenceSetRequest(_message.Message):
    __slots__ = ("reference_set_id", "target_false_alarm_rate", "settings", "from_scratch", "request_id")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    SETTINGS_FIELD_NUMBER: _ClassVar[int]
    FROM_SCRATCH_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    target_false_alarm_rate: float
    settings: CalibrationSettings
    from_scratch: bool
    request_id: str
    def __init__(self, reference_set_id: _Optional[str] = ..., target_false_alarm_rate: _Optional[float] = ..., settings: _Optional[_Union[CalibrationSettings, _Mapping]] = ..., from_scratch: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetJobRequest(_message.Message):
    __slots__ = ("reference_set_id", "job_id")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    job_id: str
    def __init__(self, reference_set_id: _Optional[str] = ..., job_id: _Optional[str] = ...) -> None: ...

class ListJobsRequest(_message.Message):
    __slots__ = ("reference_set_id", "kind", "page_size", "page_token")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    kind: Job.Kind
    page_size: int
    page_token: str
    def __init__(self, reference_set_id: _Optional[str] = ..., kind: _Optional[_Union[Job.Kind, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListJobsResponse(_message.Message):
    __slots__ = ("jobs", "next_page_token")
    JOBS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    jobs: _containers.RepeatedCompositeFieldContainer[Job]
    next_page_token: str
    def __init__(self, jobs: _Optional[_Iterable[_Union[Job, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class WatchJobRequest(_message.Message):
    __slots__ = ("reference_set_id", "job_id", "after_cursor")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_CURSOR_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    job_id: str
    after_cursor: str
    def __init__(self, reference_set_id: _Optional[str] = ..., job_id: _Optional[str] = ..., after_cursor: _Optional[str] = ...) -> None: ...

class WatchJobResponse(_message.Message):
    __slots__ = ("job", "cursor", "heartbeat")
    JOB_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    job: Job
    cursor: str
    heartbeat: bool
    def __init__(self, job: _Optional[_Union[Job, _Mapping]] = ..., cursor: _Optional[str] = ..., heartbeat: _Optional[bool] = ...) -> None: ...

class CancelJobRequest(_message.Message):
    __slots__ = ("reference_set_id", "job_id")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    job_id: str
    def __init__(self, reference_set_id: _Optional[str] = ..., job_id: _Optional[str] = ...) -> None: ...

class ListVersionsRequest(_message.Message):
    __slots__ = ("reference_set_id", "page_size", "page_token")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    page_size: int
    page_token: str
    def __init__(self, reference_set_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListVersionsResponse(_message.Message):
    __slots__ = ("versions", "next_page_token")
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    versions: _containers.RepeatedCompositeFieldContainer[Version]
    next_page_token: str
    def __init__(self, versions: _Optional[_Iterable[_Union[Version, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UseVersionRequest(_message.Message):
    __slots__ = ("reference_set_id", "version")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    version: int
    def __init__(self, reference_set_id: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class ExportVersionRequest(_message.Message):
    __slots__ = ("reference_set_id", "version")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    version: int
    def __init__(self, reference_set_id: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class SetThresholdRequest(_message.Message):
    __slots__ = ("reference_set_id", "value", "target_false_alarm_rate", "version", "use", "request_id")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    USE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    value: float
    target_false_alarm_rate: float
    version: int
    use: bool
    request_id: str
    def __init__(self, reference_set_id: _Optional[str] = ..., value: _Optional[float] = ..., target_false_alarm_rate: _Optional[float] = ..., version: _Optional[int] = ..., use: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class PreviewThresholdRequest(_message.Message):
    __slots__ = ("reference_set_id", "version", "thresholds", "target_false_alarm_rates", "since", "limit")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    TARGET_FALSE_ALARM_RATES_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    version: int
    thresholds: _containers.RepeatedScalarFieldContainer[float]
    target_false_alarm_rates: _containers.RepeatedScalarFieldContainer[float]
    since: _timestamp_pb2.Timestamp
    limit: int
    def __init__(self, reference_set_id: _Optional[str] = ..., version: _Optional[int] = ..., thresholds: _Optional[_Iterable[float]] = ..., target_false_alarm_rates: _Optional[_Iterable[float]] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., limit: _Optional[int] = ...) -> None: ...

class PreviewThresholdResponse(_message.Message):
    __slots__ = ("version", "threshold", "recent_count", "anomalous_count", "agreement", "previews", "sensitivity")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    RECENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    ANOMALOUS_COUNT_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    PREVIEWS_FIELD_NUMBER: _ClassVar[int]
    SENSITIVITY_FIELD_NUMBER: _ClassVar[int]
    version: int
    threshold: Threshold
    recent_count: int
    anomalous_count: int
    agreement: Agreement
    previews: _containers.RepeatedCompositeFieldContainer[ThresholdPreview]
    sensitivity: SensitivitySummary
    def __init__(self, version: _Optional[int] = ..., threshold: _Optional[_Union[Threshold, _Mapping]] = ..., recent_count: _Optional[int] = ..., anomalous_count: _Optional[int] = ..., agreement: _Optional[_Union[Agreement, _Mapping]] = ..., previews: _Optional[_Iterable[_Union[ThresholdPreview, _Mapping]]] = ..., sensitivity: _Optional[_Union[SensitivitySummary, _Mapping]] = ...) -> None: ...

class ThresholdPreview(_message.Message):
    __slots__ = ("threshold", "anomalous_count", "become_anomalous", "become_normal", "agreement", "sensitivity")
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    ANOMALOUS_COUNT_FIELD_NUMBER: _ClassVar[int]
    BECOME_ANOMALOUS_FIELD_NUMBER: _ClassVar[int]
    BECOME_NORMAL_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    SENSITIVITY_FIELD_NUMBER: _ClassVar[int]
    threshold: Threshold
    anomalous_count: int
    become_anomalous: int
    become_normal: int
    agreement: Agreement
    sensitivity: SensitivitySummary
    def __init__(self, threshold: _Optional[_Union[Threshold, _Mapping]] = ..., anomalous_count: _Optional[int] = ..., become_anomalous: _Optional[int] = ..., become_normal: _Optional[int] = ..., agreement: _Optional[_Union[Agreement, _Mapping]] = ..., sensitivity: _Optional[_Union[SensitivitySummary, _Mapping]] = ...) -> None: ...

class GetScoreHistogramRequest(_message.Message):
    __slots__ = ("reference_set_id", "version", "bins", "since", "limit")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    BINS_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    version: int
    bins: int
    since: _timestamp_pb2.Timestamp
    limit: int
    def __init__(self, reference_set_id: _Optional[str] = ..., version: _Optional[int] = ..., bins: _Optional[int] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., limit: _Optional[int] = ...) -> None: ...

class GetScoreHistogramResponse(_message.Message):
    __slots__ = ("version", "threshold", "edges", "held_out", "recent", "judged_normal", "judged_defective", "held_out_count", "recent_count")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    EDGES_FIELD_NUMBER: _ClassVar[int]
    HELD_OUT_FIELD_NUMBER: _ClassVar[int]
    RECENT_FIELD_NUMBER: _ClassVar[int]
    JUDGED_NORMAL_FIELD_NUMBER: _ClassVar[int]
    JUDGED_DEFECTIVE_FIELD_NUMBER: _ClassVar[int]
    HELD_OUT_COUNT_FIELD_NUMBER: _ClassVar[int]
    RECENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    version: int
    threshold: Threshold
    edges: _containers.RepeatedScalarFieldContainer[float]
    held_out: _containers.RepeatedScalarFieldContainer[int]
    recent: _containers.RepeatedScalarFieldContainer[int]
    judged_normal: _containers.RepeatedScalarFieldContainer[int]
    judged_defective: _containers.RepeatedScalarFieldContainer[int]
    held_out_count: int
    recent_count: int
    def __init__(self, version: _Optional[int] = ..., threshold: _Optional[_Union[Threshold, _Mapping]] = ..., edges: _Optional[_Iterable[float]] = ..., held_out: _Optional[_Iterable[int]] = ..., recent: _Optional[_Iterable[int]] = ..., judged_normal: _Optional[_Iterable[int]] = ..., judged_defective: _Optional[_Iterable[int]] = ..., held_out_count: _Optional[int] = ..., recent_count: _Optional[int] = ...) -> None: ...

class DeleteVersionRequest(_message.Message):
    __slots__ = ("reference_set_id", "version")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    version: int
    def __init__(self, reference_set_id: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class DeleteVersionResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class CompareVersionsRequest(_message.Message):
    __slots__ = ("reference_set_id", "version_a", "version_b", "request_id")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_A_FIELD_NUMBER: _ClassVar[int]
    VERSION_B_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    version_a: int
    version_b: int
    request_id: str
    def __init__(self, reference_set_id: _Optional[str] = ..., version_a: _Optional[int] = ..., version_b: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class Proportion(_message.Message):
    __slots__ = ("value", "low", "high")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    value: float
    low: float
    high: float
    def __init__(self, value: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class Agreement(_message.Message):
    __slots__ = ("true_positives", "false_positives", "true_negatives", "false_negatives", "precision", "recall", "false_alarm_rate", "auroc")
    TRUE_POSITIVES_FIELD_NUMBER: _ClassVar[int]
    FALSE_POSITIVES_FIELD_NUMBER: _ClassVar[int]
    TRUE_NEGATIVES_FIELD_NUMBER: _ClassVar[int]
    FALSE_NEGATIVES_FIELD_NUMBER: _ClassVar[int]
    PRECISION_FIELD_NUMBER: _ClassVar[int]
    RECALL_FIELD_NUMBER: _ClassVar[int]
    FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    AUROC_FIELD_NUMBER: _ClassVar[int]
    true_positives: int
    false_positives: int
    true_negatives: int
    false_negatives: int
    precision: Proportion
    recall: Proportion
    false_alarm_rate: Proportion
    auroc: float
    def __init__(self, true_positives: _Optional[int] = ..., false_positives: _Optional[int] = ..., true_negatives: _Optional[int] = ..., false_negatives: _Optional[int] = ..., precision: _Optional[_Union[Proportion, _Mapping]] = ..., recall: _Optional[_Union[Proportion, _Mapping]] = ..., false_alarm_rate: _Optional[_Union[Proportion, _Mapping]] = ..., auroc: _Optional[float] = ...) -> None: ...

class TrainHeadRequest(_message.Message):
    __slots__ = ("reference_set_id", "version", "request_id")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    version: int
    request_id: str
    def __init__(self, reference_set_id: _Optional[str] = ..., version: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class ZeroShot(_message.Message):
    __slots__ = ("object", "normal_texts", "defect_texts", "model")
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    NORMAL_TEXTS_FIELD_NUMBER: _ClassVar[int]
    DEFECT_TEXTS_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    object: str
    normal_texts: _containers.RepeatedScalarFieldContainer[str]
    defect_texts: _containers.RepeatedScalarFieldContainer[str]
    model: str
    def __init__(self, object: _Optional[str] = ..., normal_texts: _Optional[_Iterable[str]] = ..., defect_texts: _Optional[_Iterable[str]] = ..., model: _Optional[str] = ...) -> None: ...

class InspectRequest(_message.Message):
    __slots__ = ("reference_set_id", "zero_shot", "image", "image_id", "version", "heatmap", "overlay", "nearest_limit", "request_id", "previews", "trigger_id")
    class OverlayFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OVERLAY_FORMAT_UNSPECIFIED: _ClassVar[InspectRequest.OverlayFormat]
        PNG: _ClassVar[InspectRequest.OverlayFormat]
        WEBP: _ClassVar[InspectRequest.OverlayFormat]
    OVERLAY_FORMAT_UNSPECIFIED: InspectRequest.OverlayFormat
    PNG: InspectRequest.OverlayFormat
    WEBP: InspectRequest.OverlayFormat
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    ZERO_SHOT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    HEATMAP_FIELD_NUMBER: _ClassVar[int]
    OVERLAY_FIELD_NUMBER: _ClassVar[int]
    NEAREST_LIMIT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PREVIEWS_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    zero_shot: ZeroShot
    image: bytes
    image_id: str
    version: int
    heatmap: bool
    overlay: InspectRequest.OverlayFormat
    nearest_limit: int
    request_id: str
    previews: bool
    trigger_id: str
    def __init__(self, reference_set_id: _Optional[str] = ..., zero_shot: _Optional[_Union[ZeroShot, _Mapping]] = ..., image: _Optional[bytes] = ..., image_id: _Optional[str] = ..., version: _Optional[int] = ..., heatmap: _Optional[bool] = ..., overlay: _Optional[_Union[InspectRequest.OverlayFormat, str]] = ..., nearest_limit: _Optional[int] = ..., request_id: _Optional[str] = ..., previews: _Optional[bool] = ..., trigger_id: _Optional[str] = ...) -> None: ...

class InspectResponse(_message.Message):
    __slots__ = ("inspection_id", "score", "threshold", "verdict", "confidence", "p_value", "heatmap", "heatmap_scale", "overlay", "regions", "nearest", "off_distribution", "version", "timings", "reference_set_id", "image_id", "frame_problems", "trigger_id", "alignment")
    class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        VERDICT_UNSPECIFIED: _ClassVar[InspectResponse.Verdict]
        NORMAL: _ClassVar[InspectResponse.Verdict]
        ANOMALOUS: _ClassVar[InspectResponse.Verdict]
        UNINSPECTABLE: _ClassVar[InspectResponse.Verdict]
    VERDICT_UNSPECIFIED: InspectResponse.Verdict
    NORMAL: InspectResponse.Verdict
    ANOMALOUS: InspectResponse.Verdict
    UNINSPECTABLE: InspectResponse.Verdict
    INSPECTION_ID_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    P_VALUE_FIELD_NUMBER: _ClassVar[int]
    HEATMAP_FIELD_NUMBER: _ClassVar[int]
    HEATMAP_SCALE_FIELD_NUMBER: _ClassVar[int]
    OVERLAY_FIELD_NUMBER: _ClassVar[int]
    REGIONS_FIELD_NUMBER: _ClassVar[int]
    NEAREST_FIELD_NUMBER: _ClassVar[int]
    OFF_DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    FRAME_PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_ID_FIELD_NUMBER: _ClassVar[int]
    ALIGNMENT_FIELD_NUMBER: _ClassVar[int]
    inspection_id: str
    score: float
    threshold: float
    verdict: InspectResponse.Verdict
    confidence: float
    p_value: float
    heatmap: bytes
    heatmap_scale: float
    overlay: bytes
    regions: _containers.RepeatedCompositeFieldContainer[Region]
    nearest: _containers.RepeatedCompositeFieldContainer[NearestImage]
    off_distribution: bool
    version: int
    timings: Timings
    reference_set_id: str
    image_id: str
    frame_problems: _containers.RepeatedCompositeFieldContainer[FrameProblem]
    trigger_id: str
    alignment: Alignment
    def __init__(self, inspection_id: _Optional[str] = ..., score: _Optional[float] = ..., threshold: _Optional[float] = ..., verdict: _Optional[_Union[InspectResponse.Verdict, str]] = ..., confidence: _Optional[float] = ..., p_value: _Optional[float] = ..., heatmap: _Optional[bytes] = ..., heatmap_scale: _Optional[float] = ..., overlay: _Optional[bytes] = ..., regions: _Optional[_Iterable[_Union[Region, _Mapping]]] = ..., nearest: _Optional[_Iterable[_Union[NearestImage, _Mapping]]] = ..., off_distribution: _Optional[bool] = ..., version: _Optional[int] = ..., timings: _Optional[_Union[Timings, _Mapping]] = ..., reference_set_id: _Optional[str] = ..., image_id: _Optional[str] = ..., frame_problems: _Optional[_Iterable[_Union[FrameProblem, _Mapping]]] = ..., trigger_id: _Optional[str] = ..., alignment: _Optional[_Union[Alignment, _Mapping]] = ...) -> None: ...

class Alignment(_message.Message):
    __slots__ = ("shift_x", "shift_y", "rotation_degrees", "confidence")
    SHIFT_X_FIELD_NUMBER: _ClassVar[int]
    SHIFT_Y_FIELD_NUMBER: _ClassVar[int]
    ROTATION_DEGREES_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    shift_x: float
    shift_y: float
    rotation_degrees: float
    confidence: float
    def __init__(self, shift_x: _Optional[float] = ..., shift_y: _Optional[float] = ..., rotation_degrees: _Optional[float] = ..., confidence: _Optional[float] = ...) -> None: ...

class FrameProblem(_message.Message):
    __slots__ = ("reason", "measured", "limit", "typical")
    class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REASON_UNSPECIFIED: _ClassVar[FrameProblem.Reason]
        BLANK: _ClassVar[FrameProblem.Reason]
        TOO_DARK: _ClassVar[FrameProblem.Reason]
        TOO_BRIGHT: _ClassVar[FrameProblem.Reason]
        BLACKED_OUT: _ClassVar[FrameProblem.Reason]
        BURNT_OUT: _ClassVar[FrameProblem.Reason]
        LOW_CONTRAST: _ClassVar[FrameProblem.Reason]
        OUT_OF_FOCUS: _ClassVar[FrameProblem.Reason]
        NOISY: _ClassVar[FrameProblem.Reason]
        TOO_SMALL: _ClassVar[FrameProblem.Reason]
        OTHER_SHAPE: _ClassVar[FrameProblem.Reason]
        FOREIGN: _ClassVar[FrameProblem.Reason]
        MISPLACED: _ClassVar[FrameProblem.Reason]
    REASON_UNSPECIFIED: FrameProblem.Reason
    BLANK: FrameProblem.Reason
    TOO_DARK: FrameProblem.Reason
    TOO_BRIGHT: FrameProblem.Reason
    BLACKED_OUT: FrameProblem.Reason
    BURNT_OUT: FrameProblem.Reason
    LOW_CONTRAST: FrameProblem.Reason
    OUT_OF_FOCUS: FrameProblem.Reason
    NOISY: FrameProblem.Reason
    TOO_SMALL: FrameProblem.Reason
    OTHER_SHAPE: FrameProblem.Reason
    FOREIGN: FrameProblem.Reason
    MISPLACED: FrameProblem.Reason
    REASON_FIELD_NUMBER: _ClassVar[int]
    MEASURED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    TYPICAL_FIELD_NUMBER: _ClassVar[int]
    reason: FrameProblem.Reason
    measured: float
    limit: float
    typical: float
    def __init__(self, reason: _Optional[_Union[FrameProblem.Reason, str]] = ..., measured: _Optional[float] = ..., limit: _Optional[float] = ..., typical: _Optional[float] = ...) -> None: ...

class FrameChecks(_message.Message):
    __slots__ = ("reference_count", "limits", "false_alarms", "stray_count", "blank_is_normal")
    REFERENCE_COUNT_FIELD_NUMBER: _ClassVar[int]
    LIMITS_FIELD_NUMBER: _ClassVar[int]
    FALSE_ALARMS_FIELD_NUMBER: _ClassVar[int]
    STRAY_COUNT_FIELD_NUMBER: _ClassVar[int]
    BLANK_IS_NORMAL_FIELD_NUMBER: _ClassVar[int]
    reference_count: int
    limits: _containers.RepeatedCompositeFieldContainer[FrameLimit]
    false_alarms: Proportion
    stray_count: int
    blank_is_normal: bool
    def __init__(self, reference_count: _Optional[int] = ..., limits: _Optional[_Iterable[_Union[FrameLimit, _Mapping]]] = ..., false_alarms: _Optional[_Union[Proportion, _Mapping]] = ..., stray_count: _Optional[int] = ..., blank_is_normal: _Optional[bool] = ...) -> None: ...

class FrameLimit(_message.Message):
    __slots__ = ("reason", "limit", "typical")
    REASON_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    TYPICAL_FIELD_NUMBER: _ClassVar[int]
    reason: FrameProblem.Reason
    limit: float
    typical: float
    def __init__(self, reason: _Optional[_Union[FrameProblem.Reason, str]] = ..., limit: _Optional[float] = ..., typical: _Optional[float] = ...) -> None: ...

class Region(_message.Message):
    __slots__ = ("box", "polygon", "score", "area", "nearest")
    BOX_FIELD_NUMBER: _ClassVar[int]
    POLYGON_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    NEAREST_FIELD_NUMBER: _ClassVar[int]
    box: _geometry_pb2.Box
    polygon: _containers.RepeatedCompositeFieldContainer[_geometry_pb2.Point]
    score: float
    area: float
    nearest: NearestPatch
    def __init__(self, box: _Optional[_Union[_geometry_pb2.Box, _Mapping]] = ..., polygon: _Optional[_Iterable[_Union[_geometry_pb2.Point, _Mapping]]] = ..., score: _Optional[float] = ..., area: _Optional[float] = ..., nearest: _Optional[_Union[NearestPatch, _Mapping]] = ...) -> None: ...

class NearestPatch(_message.Message):
    __slots__ = ("image_id", "box", "distance", "preview")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    box: _geometry_pb2.Box
    distance: float
    preview: _image_pb2.ImagePreview
    def __init__(self, image_id: _Optional[str] = ..., box: _Optional[_Union[_geometry_pb2.Box, _Mapping]] = ..., distance: _Optional[float] = ..., preview: _Optional[_Union[_image_pb2.ImagePreview, _Mapping]] = ...) -> None: ...

class NearestImage(_message.Message):
    __slots__ = ("image_id", "distance", "preview")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    distance: float
    preview: _image_pb2.ImagePreview
    def __init__(self, image_id: _Optional[str] = ..., distance: _Optional[float] = ..., preview: _Optional[_Union[_image_pb2.ImagePreview, _Mapping]] = ...) -> None: ...

class Timings(_message.Message):
    __slots__ = ("fetch", "features", "score", "draw", "total")
    FETCH_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    DRAW_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    fetch: _duration_pb2.Duration
    features: _duration_pb2.Duration
    score: _duration_pb2.Duration
    draw: _duration_pb2.Duration
    total: _duration_pb2.Duration
    def __init__(self, fetch: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., features: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., score: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., draw: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., total: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class InspectPartRequest(_message.Message):
    __slots__ = ("reference_set_id", "frames", "heatmap", "overlay", "request_id", "trigger_id", "previews")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    HEATMAP_FIELD_NUMBER: _ClassVar[int]
    OVERLAY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_ID_FIELD_NUMBER: _ClassVar[int]
    PREVIEWS_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    frames: _containers.RepeatedCompositeFieldContainer[PartFrame]
    heatmap: bool
    overlay: InspectRequest.OverlayFormat
    request_id: str
    trigger_id: str
    previews: bool
    def __init__(self, reference_set_id: _Optional[str] = ..., frames: _Optional[_Iterable[_Union[PartFrame, _Mapping]]] = ..., heatmap: _Optional[bool] = ..., overlay: _Optional[_Union[InspectRequest.OverlayFormat, str]] = ..., request_id: _Optional[str] = ..., trigger_id: _Optional[str] = ..., previews: _Optional[bool] = ...) -> None: ...

class PartFrame(_message.Message):
    __slots__ = ("reference_set_ids", "image", "image_id")
    REFERENCE_SET_IDS_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_ids: _containers.RepeatedScalarFieldContainer[str]
    image: bytes
    image_id: str
    def __init__(self, reference_set_ids: _Optional[_Iterable[str]] = ..., image: _Optional[bytes] = ..., image_id: _Optional[str] = ...) -> None: ...

class InspectPartResponse(_message.Message):
    __slots__ = ("verdict", "views", "target_false_alarm_rate", "reference_set_id", "part_inspection_id", "trigger_id")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    VIEWS_FIELD_NUMBER: _ClassVar[int]
    TARGET_FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    PART_INSPECTION_ID_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_ID_FIELD_NUMBER: _ClassVar[int]
    verdict: InspectResponse.Verdict
    views: _containers.RepeatedCompositeFieldContainer[ViewInspection]
    target_false_alarm_rate: float
    reference_set_id: str
    part_inspection_id: str
    trigger_id: str
    def __init__(self, verdict: _Optional[_Union[InspectResponse.Verdict, str]] = ..., views: _Optional[_Iterable[_Union[ViewInspection, _Mapping]]] = ..., target_false_alarm_rate: _Optional[float] = ..., reference_set_id: _Optional[str] = ..., part_inspection_id: _Optional[str] = ..., trigger_id: _Optional[str] = ...) -> None: ...

class ViewInspection(_message.Message):
    __slots__ = ("reference_set_id", "display_name", "inspection", "error", "frame")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    INSPECTION_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    display_name: str
    inspection: InspectResponse
    error: _status_pb2.Status
    frame: int
    def __init__(self, reference_set_id: _Optional[str] = ..., display_name: _Optional[str] = ..., inspection: _Optional[_Union[InspectResponse, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., frame: _Optional[int] = ...) -> None: ...

class InspectImagesRequest(_message.Message):
    __slots__ = ("item_id", "request", "budget", "capture_time")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    BUDGET_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_TIME_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    request: InspectRequest
    budget: _duration_pb2.Duration
    capture_time: _timestamp_pb2.Timestamp
    def __init__(self, item_id: _Optional[str] = ..., request: _Optional[_Union[InspectRequest, _Mapping]] = ..., budget: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., capture_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class InspectImagesResponse(_message.Message):
    __slots__ = ("item_id", "inspection", "error", "trigger_id", "waited", "elapsed")
    ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    INSPECTION_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_ID_FIELD_NUMBER: _ClassVar[int]
    WAITED_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_FIELD_NUMBER: _ClassVar[int]
    item_id: str
    inspection: InspectResponse
    error: _status_pb2.Status
    trigger_id: str
    waited: _duration_pb2.Duration
    elapsed: _duration_pb2.Duration
    def __init__(self, item_id: _Optional[str] = ..., inspection: _Optional[_Union[InspectResponse, _Mapping]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., trigger_id: _Optional[str] = ..., waited: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., elapsed: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class InspectStoredRequest(_message.Message):
    __slots__ = ("reference_set_id", "zero_shot", "image_ids", "version", "heatmap", "overlay", "nearest_limit", "previews", "request_id")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    ZERO_SHOT_FIELD_NUMBER: _ClassVar[int]
    IMAGE_IDS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    HEATMAP_FIELD_NUMBER: _ClassVar[int]
    OVERLAY_FIELD_NUMBER: _ClassVar[int]
    NEAREST_LIMIT_FIELD_NUMBER: _ClassVar[int]
    PREVIEWS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    zero_shot: ZeroShot
    image_ids: _containers.RepeatedScalarFieldContainer[str]
    version: int
    heatmap: bool
    overlay: InspectRequest.OverlayFormat
    nearest_limit: int
    previews: bool
    request_id: str
    def __init__(self, reference_set_id: _Optional[str] = ..., zero_shot: _Optional[_Union[ZeroShot, _Mapping]] = ..., image_ids: _Optional[_Iterable[str]] = ..., version: _Optional[int] = ..., heatmap: _Optional[bool] = ..., overlay: _Optional[_Union[InspectRequest.OverlayFormat, str]] = ..., nearest_limit: _Optional[int] = ..., previews: _Optional[bool] = ..., request_id: _Optional[str] = ...) -> None: ...

class PastInspection(_message.Message):
    __slots__ = ("inspection", "user_id", "inspect_time", "target_false_alarm_rate", "findings_kept", "heatmap_kept", "truth", "feedback", "preview", "part_inspection_id")
    class Truth(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        TRUTH_UNSPECIFIED: _ClassVar[PastInspection.Truth]
        NORMAL: _ClassVar[PastInspection.Truth]
        DEFECTIVE: _ClassVar[PastInspection.Truth]
    TRUTH_UNSPECIFIED: PastInspection.Truth
    NORMAL: PastInspection.Truth
    DEFECTIVE: PastInspection.Truth
    INSPECTION_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    INSPECT_TIME_FIELD_NUMBER: _ClassVar[int]
    TARGET_FALSE_ALARM_RATE_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_KEPT_FIELD_NUMBER: _ClassVar[int]
    HEATMAP_KEPT_FIELD_NUMBER: _ClassVar[int]
    TRUTH_FIELD_NUMBER: _ClassVar[int]
    FEEDBACK_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    PART_INSPECTION_ID_FIELD_NUMBER: _ClassVar[int]
    inspection: InspectResponse
    user_id: str
    inspect_time: _timestamp_pb2.Timestamp
    target_false_alarm_rate: float
    findings_kept: bool
    heatmap_kept: bool
    truth: PastInspection.Truth
    feedback: _containers.RepeatedCompositeFieldContainer[Feedback]
    preview: _image_pb2.ImagePreview
    part_inspection_id: str
    def __init__(self, inspection: _Optional[_Union[InspectResponse, _Mapping]] = ..., user_id: _Optional[str] = ..., inspect_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., target_false_alarm_rate: _Optional[float] = ..., findings_kept: _Optional[bool] = ..., heatmap_kept: _Optional[bool] = ..., truth: _Optional[_Union[PastInspection.Truth, str]] = ..., feedback: _Optional[_Iterable[_Union[Feedback, _Mapping]]] = ..., preview: _Optional[_Union[_image_pb2.ImagePreview, _Mapping]] = ..., part_inspection_id: _Optional[str] = ...) -> None: ...

class ListInspectionsRequest(_message.Message):
    __slots__ = ("reference_set_id", "version", "image_id", "verdict", "since", "until", "page_size", "page_token", "part_inspection_id")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    UNTIL_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PART_INSPECTION_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    version: int
    image_id: str
    verdict: InspectResponse.Verdict
    since: _timestamp_pb2.Timestamp
    until: _timestamp_pb2.Timestamp
    page_size: int
    page_token: str
    part_inspection_id: str
    def __init__(self, reference_set_id: _Optional[str] = ..., version: _Optional[int] = ..., image_id: _Optional[str] = ..., verdict: _Optional[_Union[InspectResponse.Verdict, str]] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., part_inspection_id: _Optional[str] = ...) -> None: ...

class ListInspectionsResponse(_message.Message):
    __slots__ = ("inspections", "next_page_token")
    INSPECTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    inspections: _containers.RepeatedCompositeFieldContainer[PastInspection]
    next_page_token: str
    def __init__(self, inspections: _Optional[_Iterable[_Union[PastInspection, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetInspectionRequest(_message.Message):
    __slots__ = ("inspection_id", "heatmap", "overlay")
    INSPECTION_ID_FIELD_NUMBER: _ClassVar[int]
    HEATMAP_FIELD_NUMBER: _ClassVar[int]
    OVERLAY_FIELD_NUMBER: _ClassVar[int]
    inspection_id: str
    heatmap: bool
    overlay: InspectRequest.OverlayFormat
    def __init__(self, inspection_id: _Optional[str] = ..., heatmap: _Optional[bool] = ..., overlay: _Optional[_Union[InspectRequest.OverlayFormat, str]] = ...) -> None: ...

class SubmitFeedbackRequest(_message.Message):
    __slots__ = ("image_id", "action", "note", "inspection_id", "region", "label", "request_id", "polygons")
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    INSPECTION_ID_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    POLYGONS_FIELD_NUMBER: _ClassVar[int]
    image_id: str
    action: Feedback.Action
    note: str
    inspection_id: str
    region: _geometry_pb2.Box
    label: str
    request_id: str
    polygons: _containers.RepeatedCompositeFieldContainer[_geometry_pb2.Polygon]
    def __init__(self, image_id: _Optional[str] = ..., action: _Optional[_Union[Feedback.Action, str]] = ..., note: _Optional[str] = ..., inspection_id: _Optional[str] = ..., region: _Optional[_Union[_geometry_pb2.Box, _Mapping]] = ..., label: _Optional[str] = ..., request_id: _Optional[str] = ..., polygons: _Optional[_Iterable[_Union[_geometry_pb2.Polygon, _Mapping]]] = ...) -> None: ...

class Feedback(_message.Message):
    __slots__ = ("feedback_id", "image_id", "user_id", "action", "note", "create_time", "inspection_id", "reference_set_id", "region", "label", "preview", "polygons")
    class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ACTION_UNSPECIFIED: _ClassVar[Feedback.Action]
        CONFIRM_ANOMALY: _ClassVar[Feedback.Action]
        MARK_NORMAL: _ClassVar[Feedback.Action]
        RELABEL: _ClassVar[Feedback.Action]
        COMMENT: _ClassVar[Feedback.Action]
    ACTION_UNSPECIFIED: Feedback.Action
    CONFIRM_ANOMALY: Feedback.Action
    MARK_NORMAL: Feedback.Action
    RELABEL: Feedback.Action
    COMMENT: Feedback.Action
    FEEDBACK_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    INSPECTION_ID_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    POLYGONS_FIELD_NUMBER: _ClassVar[int]
    feedback_id: str
    image_id: str
    user_id: str
    action: Feedback.Action
    note: str
    create_time: _timestamp_pb2.Timestamp
    inspection_id: str
    reference_set_id: str
    region: _geometry_pb2.Box
    label: str
    preview: _image_pb2.ImagePreview
    polygons: _containers.RepeatedCompositeFieldContainer[_geometry_pb2.Polygon]
    def __init__(self, feedback_id: _Optional[str] = ..., image_id: _Optional[str] = ..., user_id: _Optional[str] = ..., action: _Optional[_Union[Feedback.Action, str]] = ..., note: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., inspection_id: _Optional[str] = ..., reference_set_id: _Optional[str] = ..., region: _Optional[_Union[_geometry_pb2.Box, _Mapping]] = ..., label: _Optional[str] = ..., preview: _Optional[_Union[_image_pb2.ImagePreview, _Mapping]] = ..., polygons: _Optional[_Iterable[_Union[_geometry_pb2.Polygon, _Mapping]]] = ...) -> None: ...

class DeleteFeedbackRequest(_message.Message):
    __slots__ = ("feedback_id",)
    FEEDBACK_ID_FIELD_NUMBER: _ClassVar[int]
    feedback_id: str
    def __init__(self, feedback_id: _Optional[str] = ...) -> None: ...

class DeleteFeedbackResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListFeedbackRequest(_message.Message):
    __slots__ = ("reference_set_id", "image_id", "page_size", "page_token")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    image_id: str
    page_size: int
    page_token: str
    def __init__(self, reference_set_id: _Optional[str] = ..., image_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListFeedbackResponse(_message.Message):
    __slots__ = ("feedback", "next_page_token")
    FEEDBACK_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    feedback: _containers.RepeatedCompositeFieldContainer[Feedback]
    next_page_token: str
    def __init__(self, feedback: _Optional[_Iterable[_Union[Feedback, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListReviewQueueRequest(_message.Message):
    __slots__ = ("reference_set_id", "page_size", "page_token")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    page_size: int
    page_token: str
    def __init__(self, reference_set_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReviewQueueResponse(_message.Message):
    __slots__ = ("items", "next_page_token")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[ReviewItem]
    next_page_token: str
    def __init__(self, items: _Optional[_Iterable[_Union[ReviewItem, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ReviewItem(_message.Message):
    __slots__ = ("inspection_id", "image_id", "reference_set_id", "version", "score", "threshold", "verdict", "uncertainty", "novelty", "inspect_time", "preview", "reason", "wanted_kind", "wanted")
    class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        REASON_UNSPECIFIED: _ClassVar[ReviewItem.Reason]
        UNJUDGED: _ClassVar[ReviewItem.Reason]
        NEAR_THRESHOLD: _ClassVar[ReviewItem.Reason]
        UNUSUAL: _ClassVar[ReviewItem.Reason]
        KIND_WANTED: _ClassVar[ReviewItem.Reason]
    REASON_UNSPECIFIED: ReviewItem.Reason
    UNJUDGED: ReviewItem.Reason
    NEAR_THRESHOLD: ReviewItem.Reason
    UNUSUAL: ReviewItem.Reason
    KIND_WANTED: ReviewItem.Reason
    INSPECTION_ID_FIELD_NUMBER: _ClassVar[int]
    IMAGE_ID_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    NOVELTY_FIELD_NUMBER: _ClassVar[int]
    INSPECT_TIME_FIELD_NUMBER: _ClassVar[int]
    PREVIEW_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    WANTED_KIND_FIELD_NUMBER: _ClassVar[int]
    WANTED_FIELD_NUMBER: _ClassVar[int]
    inspection_id: str
    image_id: str
    reference_set_id: str
    version: int
    score: float
    threshold: float
    verdict: InspectResponse.Verdict
    uncertainty: float
    novelty: float
    inspect_time: _timestamp_pb2.Timestamp
    preview: _image_pb2.ImagePreview
    reason: ReviewItem.Reason
    wanted_kind: str
    wanted: float
    def __init__(self, inspection_id: _Optional[str] = ..., image_id: _Optional[str] = ..., reference_set_id: _Optional[str] = ..., version: _Optional[int] = ..., score: _Optional[float] = ..., threshold: _Optional[float] = ..., verdict: _Optional[_Union[InspectResponse.Verdict, str]] = ..., uncertainty: _Optional[float] = ..., novelty: _Optional[float] = ..., inspect_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., preview: _Optional[_Union[_image_pb2.ImagePreview, _Mapping]] = ..., reason: _Optional[_Union[ReviewItem.Reason, str]] = ..., wanted_kind: _Optional[str] = ..., wanted: _Optional[float] = ...) -> None: ...

class SkipReviewItemRequest(_message.Message):
    __slots__ = ("inspection_id",)
    INSPECTION_ID_FIELD_NUMBER: _ClassVar[int]
    inspection_id: str
    def __init__(self, inspection_id: _Optional[str] = ...) -> None: ...

class SkipReviewItemResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class UnskipReviewItemRequest(_message.Message):
    __slots__ = ("inspection_id",)
    INSPECTION_ID_FIELD_NUMBER: _ClassVar[int]
    inspection_id: str
    def __init__(self, inspection_id: _Optional[str] = ...) -> None: ...

class UnskipReviewItemResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ClaimReviewItemsRequest(_message.Message):
    __slots__ = ("reference_set_id", "limit", "request_id")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    limit: int
    request_id: str
    def __init__(self, reference_set_id: _Optional[str] = ..., limit: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class ClaimReviewItemsResponse(_message.Message):
    __slots__ = ("claim_id", "items", "expire_time")
    CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    claim_id: str
    items: _containers.RepeatedCompositeFieldContainer[ReviewItem]
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, claim_id: _Optional[str] = ..., items: _Optional[_Iterable[_Union[ReviewItem, _Mapping]]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ReleaseReviewItemsRequest(_message.Message):
    __slots__ = ("claim_id", "inspection_ids")
    CLAIM_ID_FIELD_NUMBER: _ClassVar[int]
    INSPECTION_IDS_FIELD_NUMBER: _ClassVar[int]
    claim_id: str
    inspection_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, claim_id: _Optional[str] = ..., inspection_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ReleaseReviewItemsResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatsRequest(_message.Message):
    __slots__ = ("reference_set_id", "version")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    version: int
    def __init__(self, reference_set_id: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class GetStatsResponse(_message.Message):
    __slots__ = ("inspected", "anomalous", "judged", "agreement", "rows", "drift", "uninspectable")
    INSPECTED_FIELD_NUMBER: _ClassVar[int]
    ANOMALOUS_FIELD_NUMBER: _ClassVar[int]
    JUDGED_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    DRIFT_FIELD_NUMBER: _ClassVar[int]
    UNINSPECTABLE_FIELD_NUMBER: _ClassVar[int]
    inspected: int
    anomalous: int
    judged: int
    agreement: Agreement
    rows: _containers.RepeatedCompositeFieldContainer[StatsRow]
    drift: _containers.RepeatedCompositeFieldContainer[Drift]
    uninspectable: int
    def __init__(self, inspected: _Optional[int] = ..., anomalous: _Optional[int] = ..., judged: _Optional[int] = ..., agreement: _Optional[_Union[Agreement, _Mapping]] = ..., rows: _Optional[_Iterable[_Union[StatsRow, _Mapping]]] = ..., drift: _Optional[_Iterable[_Union[Drift, _Mapping]]] = ..., uninspectable: _Optional[int] = ...) -> None: ...

class StatsRow(_message.Message):
    __slots__ = ("reference_set_id", "version", "day", "inspected", "anomalous", "agreement", "uninspectable")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    INSPECTED_FIELD_NUMBER: _ClassVar[int]
    ANOMALOUS_FIELD_NUMBER: _ClassVar[int]
    AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    UNINSPECTABLE_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    version: int
    day: _date_pb2.Date
    inspected: int
    anomalous: int
    agreement: Agreement
    uninspectable: int
    def __init__(self, reference_set_id: _Optional[str] = ..., version: _Optional[int] = ..., day: _Optional[_Union[_date_pb2.Date, _Mapping]] = ..., inspected: _Optional[int] = ..., anomalous: _Optional[int] = ..., agreement: _Optional[_Union[Agreement, _Mapping]] = ..., uninspectable: _Optional[int] = ...) -> None: ...

class Drift(_message.Message):
    __slots__ = ("reference_set_id", "version", "recent_count", "median_ratio", "distance", "p_value", "warning")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    RECENT_COUNT_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_RATIO_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_FIELD_NUMBER: _ClassVar[int]
    P_VALUE_FIELD_NUMBER: _ClassVar[int]
    WARNING_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    version: int
    recent_count: int
    median_ratio: float
    distance: float
    p_value: float
    warning: bool
    def __init__(self, reference_set_id: _Optional[str] = ..., version: _Optional[int] = ..., recent_count: _Optional[int] = ..., median_ratio: _Optional[float] = ..., distance: _Optional[float] = ..., p_value: _Optional[float] = ..., warning: _Optional[bool] = ...) -> None: ...

class ExportFeedbackRequest(_message.Message):
    __slots__ = ("reference_set_id", "format", "version")
    class Format(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        FORMAT_UNSPECIFIED: _ClassVar[ExportFeedbackRequest.Format]
        COCO: _ClassVar[ExportFeedbackRequest.Format]
        CSV: _ClassVar[ExportFeedbackRequest.Format]
        HTML: _ClassVar[ExportFeedbackRequest.Format]
        PDF: _ClassVar[ExportFeedbackRequest.Format]
    FORMAT_UNSPECIFIED: ExportFeedbackRequest.Format
    COCO: ExportFeedbackRequest.Format
    CSV: ExportFeedbackRequest.Format
    HTML: ExportFeedbackRequest.Format
    PDF: ExportFeedbackRequest.Format
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    format: ExportFeedbackRequest.Format
    version: int
    def __init__(self, reference_set_id: _Optional[str] = ..., format: _Optional[_Union[ExportFeedbackRequest.Format, str]] = ..., version: _Optional[int] = ...) -> None: ...

class ResultSink(_message.Message):
    __slots__ = ("webhook", "redis_stream", "anomalous_only", "update_time", "delivered", "waiting", "given_up", "dropped", "last_delivery_time", "last_problem")
    class Webhook(_message.Message):
        __slots__ = ("url",)
        URL_FIELD_NUMBER: _ClassVar[int]
        url: str
        def __init__(self, url: _Optional[str] = ...) -> None: ...
    class RedisStream(_message.Message):
        __slots__ = ("key",)
        KEY_FIELD_NUMBER: _ClassVar[int]
        key: str
        def __init__(self, key: _Optional[str] = ...) -> None: ...
    WEBHOOK_FIELD_NUMBER: _ClassVar[int]
    REDIS_STREAM_FIELD_NUMBER: _ClassVar[int]
    ANOMALOUS_ONLY_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    GIVEN_UP_FIELD_NUMBER: _ClassVar[int]
    DROPPED_FIELD_NUMBER: _ClassVar[int]
    LAST_DELIVERY_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_PROBLEM_FIELD_NUMBER: _ClassVar[int]
    webhook: ResultSink.Webhook
    redis_stream: ResultSink.RedisStream
    anomalous_only: bool
    update_time: _timestamp_pb2.Timestamp
    delivered: int
    waiting: int
    given_up: int
    dropped: int
    last_delivery_time: _timestamp_pb2.Timestamp
    last_problem: str
    def __init__(self, webhook: _Optional[_Union[ResultSink.Webhook, _Mapping]] = ..., redis_stream: _Optional[_Union[ResultSink.RedisStream, _Mapping]] = ..., anomalous_only: _Optional[bool] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., delivered: _Optional[int] = ..., waiting: _Optional[int] = ..., given_up: _Optional[int] = ..., dropped: _Optional[int] = ..., last_delivery_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_problem: _Optional[str] = ...) -> None: ...

class SetResultSinkRequest(_message.Message):
    __slots__ = ("reference_set_id", "sink", "new_secret")
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    SINK_FIELD_NUMBER: _ClassVar[int]
    NEW_SECRET_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    sink: ResultSink
    new_secret: bool
    def __init__(self, reference_set_id: _Optional[str] = ..., sink: _Optional[_Union[ResultSink, _Mapping]] = ..., new_secret: _Optional[bool] = ...) -> None: ...

class SetResultSinkResponse(_message.Message):
    __slots__ = ("sink", "secret")
    SINK_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    sink: ResultSink
    secret: str
    def __init__(self, sink: _Optional[_Union[ResultSink, _Mapping]] = ..., secret: _Optional[str] = ...) -> None: ...

class GetResultSinkRequest(_message.Message):
    __slots__ = ("reference_set_id",)
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    def __init__(self, reference_set_id: _Optional[str] = ...) -> None: ...

class DeleteResultSinkRequest(_message.Message):
    __slots__ = ("reference_set_id",)
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    def __init__(self, reference_set_id: _Optional[str] = ...) -> None: ...

class DeleteResultSinkResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class TestResultSinkRequest(_message.Message):
    __slots__ = ("reference_set_id",)
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    def __init__(self, reference_set_id: _Optional[str] = ...) -> None: ...

class ListResultDeliveriesRequest(_message.Message):
    __slots__ = ("reference_set_id",)
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    def __init__(self, reference_set_id: _Optional[str] = ...) -> None: ...

class ListResultDeliveriesResponse(_message.Message):
    __slots__ = ("deliveries",)
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    deliveries: _containers.RepeatedCompositeFieldContainer[ResultDelivery]
    def __init__(self, deliveries: _Optional[_Iterable[_Union[ResultDelivery, _Mapping]]] = ...) -> None: ...

class RetryResultDeliveriesRequest(_message.Message):
    __slots__ = ("reference_set_id",)
    REFERENCE_SET_ID_FIELD_NUMBER: _ClassVar[int]
    reference_set_id: str
    def __init__(self, reference_set_id: _Optional[str] = ...) -> None: ...

class ResultDelivery(_message.Message):
    __slots__ = ("delivery_id", "inspection_id", "create_time", "tries", "next_try_time", "give_up_time", "problem")
    DELIVERY_ID_FIELD_NUMBER: _ClassVar[int]
    INSPECTION_ID_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    TRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_TRY_TIME_FIELD_NUMBER: _ClassVar[int]
    GIVE_UP_TIME_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    delivery_id: str
    inspection_id: str
    create_time: _timestamp_pb2.Timestamp
    tries: int
    next_try_time: _timestamp_pb2.Timestamp
    give_up_time: _timestamp_pb2.Timestamp
    problem: str
    def __init__(self, delivery_id: _Optional[str] = ..., inspection_id: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., tries: _Optional[int] = ..., next_try_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., give_up_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., problem: _Optional[str] = ...) -> None: ...
