/**
 * A program that waits for ever and needs nothing: no libc, no file, no shell. As an image of a few hundred bytes it can be
 * pulled and started on every node. Its machine code calls ppoll(2) with no descriptors and no timeout, again and again.
 */
const code = {
    // xor edi,edi; xor esi,esi; xor edx,edx; xor r10d,r10d; mov eax,271; syscall; jmp back
    amd64: {
        machine: 62,
        bytes: [0x31, 0xff, 0x31, 0xf6, 0x31, 0xd2, 0x45, 0x31, 0xd2, 0xb8, 0x0f, 1, 0, 0, 0x0f, 5, 0xeb, 0xee],
    },
    // mov x0..x3,#0; mov x8,#73; svc #0; b back
    arm64: {
        machine: 183,
        bytes: [
            0x00,
            0x00,
            0x80,
            0xd2,
            0x01,
            0x00,
            0x80,
            0xd2,
            0x02,
            0x00,
            0x80,
            0xd2,
            0x03,
            0x00,
            0x80,
            0xd2, //
            0x28,
            0x09,
            0x80,
            0xd2,
            0x01,
            0x00,
            0x00,
            0xd4,
            0xfa,
            0xff,
            0xff,
            0x17,
        ],
    },
} as const;

/** Processor architectures that the proof runs on, as OCI names them. */
export const architectures = ["amd64", "arm64"] as const;
/** One of {@link architectures}. */
export type Architecture = (typeof architectures)[number];

const headerSize = 64;
const segmentSize = 56;
const baseAddress = 0x400000n;

/** The program as a static 64-bit ELF executable (System V ABI, chapters 4 and 5). */
export function waitingProgram(architecture: Architecture): Buffer {
    const { machine, bytes } = code[architecture];
    const start = headerSize + segmentSize;
    const file = Buffer.alloc(start + bytes.length);
    file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
    file.writeUInt16LE(2, 16); // an executable
    file.writeUInt16LE(machine, 18);
    file.writeUInt32LE(1, 20);
    file.writeBigUInt64LE(baseAddress + BigInt(start), 24); // entry point
    file.writeBigUInt64LE(BigInt(headerSize), 32); // where the segment table is
    file.writeUInt16LE(headerSize, 52);
    file.writeUInt16LE(segmentSize, 54);
    file.writeUInt16LE(1, 56); // one segment
    file.writeUInt32LE(1, headerSize); // loaded
    file.writeUInt32LE(5, headerSize + 4); // readable and executable
    file.writeBigUInt64LE(baseAddress, headerSize + 16);
    file.writeBigUInt64LE(baseAddress, headerSize + 24);
    file.writeBigUInt64LE(BigInt(file.length), headerSize + 32);
    file.writeBigUInt64LE(BigInt(file.length), headerSize + 40);
    file.writeBigUInt64LE(0x10000n, headerSize + 48); // arm64 kernels may have pages of 64 KiB
    file.set(bytes, start);
    return file;
}
