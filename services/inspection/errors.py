"""What inspection refuses, and why."""

from services.runtime.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    InvalidInput,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unavailable,
)


class ReferenceSetNotFound(NotFound):
    """There is no such set, or it is not shared with the caller; the two answer alike."""

    reason = "REFERENCE_SET_NOT_FOUND"


class ReferenceSetReadOnly(PermissionDenied):
    """The set is shared with the caller, who may not change it."""

    reason = "REFERENCE_SET_READ_ONLY"


class ReferenceSetFull(FailedPrecondition):
    """The set would have more images than one may have."""

    reason = "REFERENCE_SET_FULL"


class TooManyReferenceSets(ResourceExhausted):
    """The user has as many reference sets as one may."""

    reason = "TOO_MANY_REFERENCE_SETS"


class ReferenceSetEmpty(FailedPrecondition):
    """The set has no image to learn from."""

    reason = "REFERENCE_SET_EMPTY"


class ReferenceSetNotReady(FailedPrecondition):
    """The set has no version yet."""

    reason = "REFERENCE_SET_NOT_READY"


class CalibrationUnderWay(FailedPrecondition):
    """The set has a calibration that has not ended."""

    reason = "CALIBRATION_UNDER_WAY"


class JobNotFound(NotFound):
    """The set has no such job, or it is not the caller's to see; the two answer alike."""

    reason = "JOB_NOT_FOUND"


class JobFailed(FailedPrecondition):
    """A job met an internal error."""

    reason = "JOB_FAILED"


class TooManyJobs(ResourceExhausted):
    """The user has as many unfinished jobs as one may have."""

    reason = "TOO_MANY_JOBS"


class CursorInvalid(InvalidInput):
    """The cursor is not one of ours, or belongs to another job."""

    reason = "INVALID_CURSOR"


class CalibrationTooLarge(FailedPrecondition):
    """The images' features take more memory than a calibration may."""

    reason = "CALIBRATION_TOO_LARGE"


class ImagesUnusable(FailedPrecondition):
    """Images of the set are there, and none of them can be learnt from."""

    reason = "IMAGES_UNUSABLE"


class ReferencesUnaligned(FailedPrecondition):
    """The images of the set do not show a part that lies alike, so that none can be aligned."""

    reason = "REFERENCES_UNALIGNED"


class ImageMisplaced(InvalidInput):
    """A reference cannot be aligned to the one that others are aligned to."""

    reason = "IMAGE_MISPLACED"


class VersionNotFound(NotFound):
    """The set has no such version."""

    reason = "VERSION_NOT_FOUND"


class VersionInUse(FailedPrecondition):
    """The set's current version cannot be deleted."""

    reason = "VERSION_IN_USE"


class ThresholdTooLow(InvalidInput):
    """More than half of all normal images would be called anomalous."""

    reason = "THRESHOLD_TOO_LOW"


class ModelNotFound(NotFound):
    """The embedder has no such model."""

    reason = "MODEL_NOT_FOUND"


class ModelHasNoPatches(FailedPrecondition):
    """The model gives no patch features."""

    reason = "MODEL_HAS_NO_PATCHES"


class ModelNotClip(FailedPrecondition):
    """Judging by words needs a model that was trained on images with texts."""

    reason = "MODEL_NOT_CLIP"


class ModelVersionChanged(FailedPrecondition):
    """The version was made with another version of the model, whose features do not compare."""

    reason = "MODEL_VERSION_CHANGED"


class PatchSizeUnsupported(InvalidInput):
    """The model does not see images of that size."""

    reason = "PATCH_SIZE_UNSUPPORTED"


class InspectionNotFound(NotFound):
    """There is no such inspection, or it is not the caller's; the two answer alike."""

    reason = "INSPECTION_NOT_FOUND"


class FeedbackNotFound(NotFound):
    """There is no such feedback, or it is not the caller's to take back; the two answer alike."""

    reason = "FEEDBACK_NOT_FOUND"


class FeedbackInsufficient(FailedPrecondition):
    """People have not judged enough images yet."""

    reason = "FEEDBACK_INSUFFICIENT"


class PartPatternWrong(InvalidInput):
    """A file-name pattern is no regular expression, or has not exactly one group."""

    reason = "PART_PATTERN_WRONG"


class PartProposalNotFound(NotFound):
    """There is no such proposal of parts, or a later one took its place."""

    reason = "PART_PROPOSAL_NOT_FOUND"


class TooManyToCompare(FailedPrecondition):
    """The set has more images than are compared with each other."""

    reason = "TOO_MANY_TO_COMPARE"


class LabelMissing(InvalidInput):
    """Relabelling needs a label."""

    reason = "LABEL_MISSING"


class ScorerUnsupported(FailedPrecondition):
    """What is asked for needs another scorer than the version's."""

    reason = "SCORER_UNSUPPORTED"


class ArtifactWrong(FailedPrecondition):
    """The version's artifact is gone from the object store, or changed; calibrate anew."""

    reason = "ARTIFACT_WRONG"


class GroupNotFound(NotFound):
    """There is no such group, or the caller is not in it; the two answer alike."""

    reason = "GROUP_NOT_FOUND"


class InvitationNotFound(NotFound):
    """There is no such invitation, it is over, or it is to somebody else."""

    reason = "INVITATION_NOT_FOUND"


class TooManyInvitations(ResourceExhausted):
    """The set is shared with as many as it may be, or as many are invited."""

    reason = "TOO_MANY_INVITATIONS"


class AuthUnavailable(Unavailable):
    """Auth, which knows addresses and groups, does not answer."""


class SearchUnavailable(Unavailable):
    """Search, which knows whole images' vectors, does not answer."""

    reason = "SEARCH_UNAVAILABLE"


class FrameLate(DeadlineExceeded):
    """A frame of a stream could not be answered within its budget, and was dropped."""

    reason = "FRAME_LATE"


class ResultSinkNotFound(NotFound):
    """The set's results are not sent on."""

    reason = "RESULT_SINK_NOT_FOUND"


class ResultSinkRefused(FailedPrecondition):
    """Whoever runs the installation has not allowed results to go there."""

    reason = "RESULT_SINK_REFUSED"


class ViewNotFound(NotFound):
    """A frame names what is no view of the set."""

    reason = "VIEW_NOT_FOUND"


class ViewNamedTwice(InvalidInput):
    """A view is named by two frames, or two frames name none."""

    reason = "VIEW_NAMED_TWICE"


class SetIsAView(FailedPrecondition):
    """The set is a view, for which only the set that it is a view of can be named."""

    reason = "SET_IS_A_VIEW"


class TooManyViews(ResourceExhausted):
    """The set has as many views as one may."""

    reason = "TOO_MANY_VIEWS"


def no_version(version: int) -> VersionNotFound:
    """The error of a version that is not there."""
    return VersionNotFound(f"the reference set has no version {version}")
