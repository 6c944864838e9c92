"""Every check of the suite, in the order in which it runs.

A check takes the world and returns; it raises a verdict otherwise. Its words stand in `words.toml`, its obligations in
`requirements/`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from conformance.checks import access, answers, archive, document, following, mail, receipts, refusals, replies
from conformance.world import World


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name and what it does."""

    name: str
    run: Callable[[World], None]


CHECKS = (
    # access
    Check("access-no-token", access.no_token),
    Check("access-unknown-token", access.unknown_token),
    Check("access-before-content", access.token_before_content),
    Check("access-other-sender", access.other_sender),
    Check("access-capabilities", access.says_what_it_does),
    # refusals
    Check("refusal-not-json", refusals.not_json),
    Check("refusal-media-type", refusals.wrong_media_type),
    Check("refusal-not-a-message", refusals.not_a_message),
    Check("refusal-missing-element", refusals.element_missing),
    Check("refusal-all-at-once", refusals.all_problems_at_once),
    Check("refusal-unknown-recipient", refusals.unknown_recipient),
    Check("refusal-ins-key", refusals.wrong_ins_key),
    Check("refusal-names-nobody", refusals.refusals_name_nobody),
    Check("refusal-language", refusals.language_of_refusals),
    # the letter, and the answer that came with it
    Check("mail-arrives", mail.letter_arrives),
    Check("answer-ok", answers.accepted_is_ok),
    Check("answer-counts", answers.outcome_counts),
    Check("answer-task", answers.task_keeps_identifiers),
    # the mail
    Check("mail-message-id", mail.message_id_well_formed),
    Check("mail-subject", mail.subject_by_the_rule),
    Check("mail-headers-ascii", mail.header_bytes_are_ascii),
    Check("mail-document-code", mail.document_code_header),
    Check("mail-ins", mail.ins_header_with_ins),
    Check("mail-without-ins", mail.without_ins_none_is_shown),
    Check("mail-product", mail.product_header),
    Check("mail-asks-receipt", mail.asks_for_integration_receipt),
    Check("mail-reply-to", mail.answers_come_to_the_gateway),
    Check("mail-attachments", mail.one_archive_one_pdf),
    Check("mail-pdf-embedded", mail.pdf_is_the_embedded_one),
    Check("mail-pdf-a", mail.pdf_declares_pdf_a),
    Check("mail-pdf-name", mail.pdf_is_named_by_the_rule),
    Check("mail-body", mail.body_is_utf_8_text),
    # the archive
    Check("xdm-layout", archive.layout),
    Check("xdm-files", archive.documents_by_uri),
    Check("xdm-hash", archive.hash_and_size),
    Check("xdm-unique-id", archive.unique_id),
    Check("xdm-utc", archive.times_in_utc),
    Check("xdm-patient", archive.one_patient),
    Check("xdm-source-patient", archive.source_patient),
    Check("xdm-membership", archive.set_holds_every_entry),
    Check("xdm-codes", archive.codes_of_the_document),
    Check("xdm-class-code", archive.class_code),
    Check("xdm-format-code", archive.format_code),
    Check("xdm-classifications", archive.classifications_complete),
    Check("xdm-submission", archive.set_is_identified),
    Check("xdm-author", archive.author_and_authenticator),
    # the document
    Check("cda-shell", document.shell),
    Check("cda-templates", document.templates),
    Check("cda-version", document.version),
    Check("cda-type", document.type_of_document),
    Check("cda-times", document.times_have_offsets),
    Check("cda-ins-traits", document.ins_traits),
    Check("cda-patient", document.patient_as_sent),
    Check("cda-author", document.author_is_the_requester),
    Check("cda-authenticator", document.legal_authenticator),
    Check("cda-custodian", document.custodian),
    Check("cda-recipient", document.recipient_named),
    Check("cda-event", document.event_and_encounter),
    Check("cda-order", document.order_named),
    # following it
    Check("loss-adds-up", following.receipt_adds_up),
    Check("loss-items", following.receipt_names_items),
    Check("loss-source", following.receipt_is_of_this_message),
    Check("loss-target", following.receipt_knows_its_target),
    Check("loss-nothing-lost", following.accepted_means_nothing_lost),
    Check("task-delivered", following.task_follows_delivery),
    Check("timeline-order", following.timeline_in_order),
    Check("timeline-names-nobody", following.timeline_names_nobody),
    Check("access-neighbour-reads", access.neighbour_sees_nothing),
    Check("access-neighbour-searches", access.neighbour_finds_nothing),
    # duplicates
    Check("duplicate-same", answers.same_message_same_answer),
    Check("duplicate-resent", answers.resent_message_same_answer),
    Check("duplicate-id-reused", answers.id_with_other_content),
    Check("duplicate-refusal", answers.refusal_is_remembered),
    Check("duplicate-request-id", answers.request_id_repeated),
    Check("duplicate-at-once", answers.at_once_one_mail),
    # receipts from the colleague
    Check("receipt-displayed", receipts.displayed_means_read),
    Check("receipt-processed", receipts.processed_means_integrated),
    Check("receipt-error", receipts.error_means_rejected),
    Check("receipt-error-older", receipts.older_error_means_rejected),
    Check("receipt-ko-mail", receipts.ordinary_ko_means_rejected),
    Check("receipt-moves-nothing", receipts.receipt_moves_no_referral),
    # answers from the colleague
    Check("reply-by-thread", replies.report_joined_by_thread),
    Check("reply-by-order", replies.report_joined_by_order),
    Check("reply-forms", replies.report_in_every_form),
    Check("reply-asks-to-close", replies.report_asks_to_close),
    Check("reply-subject-untrusted", replies.subject_is_not_trusted),
    Check("reply-metadata-differs", replies.metadata_against_document),
    Check("reply-other-patient", replies.other_patient_in_the_thread),
    Check("reply-wrong-hash", replies.wrong_hash_is_refused),
    Check("reply-no-unasked-receipt", replies.no_receipt_unless_asked),
    Check("reply-stored-not-integrated", replies.storing_is_not_integrating),
    Check("reply-words", replies.words_are_passed_on),
    Check("reply-words-move-nothing", replies.words_move_nothing),
    Check("reply-absence-unanswered", replies.absence_is_not_answered),
    Check("reply-absence-no-reply", replies.absence_is_no_reply),
)
