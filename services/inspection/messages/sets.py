"""Reference sets, their members and their views, as the contract has them."""

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.job import JobState
from services.inspection.messages.jobs import job_message
from services.inspection.messages.parts import part_rule_message
from services.inspection.messages.values import polygon_message, time_message
from services.inspection.messages.versions import summary_message
from services.inspection.model import Role, ShareInvitation
from services.inspection.reference_set import ReferenceSet, SetView


def role_from(role: pb.Member.Role) -> Role:
    """What a user may do."""
    return Role.VIEWER if role == pb.Member.VIEWER else Role.INSPECTOR


def set_message(found: ReferenceSet) -> pb.ReferenceSet:
    """A set."""
    last = found.last_calibration
    return pb.ReferenceSet(
        reference_set_id=found.set_id,
        user_id=found.user_id,
        display_name=found.display_name,
        state=_set_state(found.current_version, last.state if last else None),
        current_version=found.current_version,
        image_count=found.image_count,
        create_time=time_message(found.created_at),
        members=[
            pb.Member(user_id=one.user_id, role=one.role.value, email=one.email)
            for one in found.members
        ],
        groups=[pb.GroupShare(group_id=one.group_id, role=one.role.value) for one in found.groups],
        invitations=[invitation_message(one) for one in found.invitations],
        last_calibration=None if last is None else job_message(last),
        changed=found.changed,
        part_rule=part_rule_message(found.part_rule),
        sensitivity=summary_message(found.sensitivity),
        view_of=found.view_of,
        views=[_view_of_set(one) for one in found.views],
    )


def _set_state(current_version: int, last: JobState | None) -> pb.ReferenceSet.State:
    """Where a set is in its life, by its last calibration."""
    if last is not None and not last.ended:
        return pb.ReferenceSet.CALIBRATING
    if not current_version and last is JobState.FAILED:
        return pb.ReferenceSet.FAILED
    return pb.ReferenceSet.READY if current_version else pb.ReferenceSet.EMPTY


def _view_of_set(view: SetView) -> pb.View:
    return pb.View(
        reference_set_id=view.set_id,
        display_name=view.display_name,
        state=_set_state(view.current_version, view.last_calibration),
        current_version=view.current_version,
        image_count=view.image_count,
        regions_of_interest=[polygon_message(area) for area in view.regions_of_interest],
        target_false_alarm_rate=view.target,
    )


def invitation_message(invitation: ShareInvitation) -> pb.ShareInvitation:
    """Somebody whom a set is to be shared with."""
    return pb.ShareInvitation(
        invitation_id=invitation.invitation_id,
        reference_set_id=invitation.set_id,
        display_name=invitation.display_name,
        email=invitation.email,
        user_id=invitation.user_id,
        inviter_email=invitation.inviter_email,
        role=invitation.role.value,
        create_time=time_message(invitation.created_at),
        expire_time=time_message(invitation.expires_at),
    )
