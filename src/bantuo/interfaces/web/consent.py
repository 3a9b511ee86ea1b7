"""The consent to identity data: its text in both languages, and the hash by which a record names it."""

from __future__ import annotations

import hashlib

from bantuo.core.policy import Text

VERSION = "2024-01"
PARAGRAPHS: tuple[Text, ...] = (
    Text(
        zh=(
            "为审核半托管入驻资质，平台需要处理贵公司法定代表人的姓名、居民身份证号码、证件有效期，以及其手持"
            "身份证的正反面照片。身份证信息与人脸照片属于敏感个人信息。"
        ),
        en=(
            "To examine the application to the semi-managed programme, the operator has to process the "
            "name, the resident identity number, the card's expiry and photographs of both sides of the"
            " card held by your company's legal representative. Identity numbers and faces are "
            "sensitive personal information."
        ),
    ),
    Text(
        zh=(
            "必要性：仅用于核对营业执照所载法定代表人的身份。如不同意，申请无法进入人工审核，其余功能不受影响"
            "。"
        ),
        en=(
            "Why it is needed: only to check the identity of the legal representative named on the "
            "business licence. Without consent the application cannot be reviewed; nothing else is "
            "affected."
        ),
    ),
    Text(
        zh=(
            "保护方式：信息逐份加密，密钥与数据库分离；页面默认脱敏显示；每一次查看都会留下不可篡改的记录，您"
            "可以在资料页看到。"
        ),
        en=(
            "How it is protected: everything is encrypted piece by piece, with the key kept apart from "
            "the database; pages show it masked; every look is recorded where nobody can change it, and"
            " you can see the record."
        ),
    ),
    Text(
        zh=("保存期限：在申请与合作期间保存；申请被拒或退出后，按政策库规定的最短期限留存，到期销毁密钥。"),
        en=(
            "How long it is kept: while you apply and take part; after a refusal or an exit for the "
            "shortest time that the policy book states, then its key is destroyed."
        ),
    ),
    Text(
        zh=("您确认已告知法定代表人本人并取得其单独同意。您可以随时撤回同意，撤回后上述信息即被销毁。"),
        en=(
            "You confirm that the legal representative was told of this and separately agreed. Consent "
            "may be withdrawn at any time; the information is destroyed when it is."
        ),
    ),
)
TEXT_SHA256 = hashlib.sha256(
    "\n".join(f"{paragraph.zh}\n{paragraph.en}" for paragraph in PARAGRAPHS).encode()
).hexdigest()
