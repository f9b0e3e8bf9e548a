"""How versions are made, as the contract has it."""

from argus.inspection.v1 import inspection_pb2 as pb

from services.inspection.messages.parts import part_rule_message
from services.inspection.messages.values import polygon_message, polygons_from
from services.inspection.model import Augmentation, Banks, CalibrationSettings, Registration, Scorer

_SCORERS = {pb.CalibrationSettings.SCORER_UNSPECIFIED: Scorer.PATCH_CORESET} | {
    pb.CalibrationSettings.Scorer.Value(scorer.value): scorer for scorer in Scorer
}
_AUGMENTATIONS = {pb.CalibrationSettings.AUGMENTATION_UNSPECIFIED: Augmentation.AUTO} | {
    pb.CalibrationSettings.Augmentation.Value(one.value): one for one in Augmentation
}
_BANKS = {
    pb.CalibrationSettings.BANKS_UNSPECIFIED: Banks.AUTO,
    pb.CalibrationSettings.BANKS_AUTO: Banks.AUTO,
    pb.CalibrationSettings.BANKS_ONE: Banks.ONE,
    pb.CalibrationSettings.BANKS_TWO: Banks.TWO,
}
_REGISTRATIONS = {
    pb.CalibrationSettings.REGISTRATION_UNSPECIFIED: Registration.NONE,
    pb.CalibrationSettings.REGISTRATION_NONE: Registration.NONE,
    pb.CalibrationSettings.REGISTRATION_TRANSLATION: Registration.TRANSLATION,
    pb.CalibrationSettings.REGISTRATION_RIGID: Registration.RIGID,
}


def settings_from(message: pb.CalibrationSettings) -> CalibrationSettings:
    """How a version is to be made."""
    return CalibrationSettings(
        scorer=_SCORERS[message.scorer],
        model=message.model,
        size=message.size,
        augmentation=_AUGMENTATIONS[message.augmentation],
        mask_background=message.mask_background,
        coreset_size=message.coreset_size,
        regions_of_interest=polygons_from(message.regions_of_interest),
        banks=_BANKS[message.banks],
        registration=_REGISTRATIONS[message.registration],
    )


def settings_message(settings: CalibrationSettings) -> pb.CalibrationSettings:
    """How a version is made."""
    return pb.CalibrationSettings(
        scorer=settings.scorer.value,
        model=settings.model,
        size=settings.size,
        augmentation=settings.augmentation.value,
        mask_background=settings.mask_background,
        coreset_size=settings.coreset_size,
        regions_of_interest=[polygon_message(area) for area in settings.regions_of_interest],
        part_rule=part_rule_message(settings.part_rule),
        banks=f"BANKS_{settings.banks.value}",
        registration=f"REGISTRATION_{settings.registration.value}",
    )
