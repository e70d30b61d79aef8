/**
 * The records of ZIP files, as in PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3: signatures, lengths, and the
 * 64-bit sizes that stand in an extra field where 32 bits do not hold them.
 */

/** "PK\3\4", before an entry's data. */
export const LOCAL_SIGNATURE = 0x04034b50;
/** "PK\1\2", an entry of the central directory. */
export const CENTRAL_SIGNATURE = 0x02014b50;
/** "PK\5\6", the end of the central directory. */
export const END_SIGNATURE = 0x06054b50;
/** "PK\6\6", the same with 64-bit numbers. */
export const END64_SIGNATURE = 0x06064b50;
/** "PK\6\7", which says where that one is. */
export const LOCATOR64_SIGNATURE = 0x07064b50;

/** Bytes of each record without what varies. */
export const LOCAL_BYTES = 30;
export const CENTRAL_BYTES = 46;
export const END_BYTES = 22;
export const END64_BYTES = 56;
export const LOCATOR64_BYTES = 20;

/** Tag of the extra field with 64-bit sizes. */
export const ZIP64_TAG = 1;
/** What stands in place of a number that the extra field holds. */
export const UINT32_MAX = 0xffffffff;
export const UINT16_MAX = 0xffff;

/** Compression methods. */
export const STORED = 0;
export const DEFLATED = 8;

/** No byte of deflate's output takes less than 1/129 of a bit: the longest match is 258 bytes in 2 bits. */
export const MAX_DEFLATE_RATIO = 1032;
