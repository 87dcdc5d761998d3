//! Dumps on disk: plain, gzip or zstd. Written by the file's name, read by their first bytes.

use crate::cli::output::{NewFile, PRIVATE, Place};
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek as _, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A frame of zstd holds this much, so that no more is held in memory.
const FRAME: usize = 1 << 20;
const GZIP: &[u8] = b"\x1f\x8b";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

enum Writer {
    Plain(BufWriter<NewFile>),
    Gzip(GzEncoder<BufWriter<NewFile>>),
    Zstd { frame: Vec<u8>, file: BufWriter<NewFile> },
    Finished,
}

/// A file under way: it gets its name when it is whole, and is removed where it is not finished.
#[derive(Clone)]
pub struct Packed {
    writer: Rc<RefCell<Writer>>,
    /// What remains of it where it is not finished.
    pub remains: &'static str,
}

impl Packed {
    /// Begins a file for its owner alone, packed as `path` says.
    pub fn begin(place: Place, path: &Path) -> io::Result<Self> {
        let file = place.begin(PRIVATE)?;
        let remains = file.remains();
        let file = BufWriter::with_capacity(64 << 10, file);
        let extension = path.extension().and_then(|it| it.to_str()).map(str::to_ascii_lowercase);
        let writer = match extension.as_deref() {
            Some("gz" | "gzip") => Writer::Gzip(GzEncoder::new(file, flate2::Compression::default())),
            Some("zst" | "zstd") => Writer::Zstd { frame: Vec::with_capacity(FRAME), file },
            _ => Writer::Plain(file),
        };
        Ok(Self { writer: Rc::new(RefCell::new(writer)), remains })
    }

    /// Writes what is left; the file gets its name where it is complete. Gives the name it has.
    pub fn finish(self, complete: bool) -> io::Result<PathBuf> {
        let file = match self.writer.replace(Writer::Finished) {
            Writer::Plain(file) => file,
            Writer::Gzip(gzip) => gzip.finish()?,
            Writer::Zstd { mut frame, mut file } => {
                put_frame(&mut frame, &mut file)?;
                file
            }
            Writer::Finished => return Err(io::Error::other("it is finished already")),
        };
        file.into_inner().map_err(io::IntoInnerError::into_error)?.finish(complete)
    }
}

fn put_frame(frame: &mut Vec<u8>, file: &mut impl Write) -> io::Result<()> {
    if frame.is_empty() {
        return Ok(());
    }
    file.write_all(&compress_to_vec(&frame[..], CompressionLevel::Fastest))?;
    frame.clear();
    Ok(())
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.writer.borrow_mut() {
            Writer::Plain(file) => file.write(bytes),
            Writer::Gzip(gzip) => gzip.write(bytes),
            Writer::Zstd { frame, file } => {
                let taken = bytes.len().min(FRAME - frame.len());
                frame.extend_from_slice(&bytes[..taken]);
                if frame.len() >= FRAME {
                    put_frame(frame, file)?;
                }
                Ok(taken)
            }
            Writer::Finished => Err(io::Error::other("it is finished already")),
        }
    }

    /// Hands on what need not wait to be packed: the other end of a FIFO may be waiting for it.
    fn flush(&mut self) -> io::Result<()> {
        match &mut *self.writer.borrow_mut() {
            Writer::Plain(file) => file.flush(),
            _ => Ok(()),
        }
    }
}

/// Fails where a packed file is not whole, or not what was packed. A plain one has no checksum to tell by.
pub fn check(path: &Path) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut start = Vec::new();
    (&mut file).take(4).read_to_end(&mut start)?;
    if is_packed(&start) {
        file.rewind()?;
        io::copy(&mut unpacked(file)?, &mut io::sink())?;
    }
    Ok(())
}

fn is_packed(start: &[u8]) -> bool {
    start.starts_with(GZIP) || start.starts_with(ZSTD) || is_skippable(start)
}

/// A frame of zstd that holds no data, which some packers begin with.
fn is_skippable(start: &[u8]) -> bool {
    matches!(start, [0x50..=0x5f, 0x2a, 0x4d, 0x18])
}

/// Reads plain text, gzip or zstd, whatever it turns out to be. A pipe may give its first bytes one by one.
pub fn unpacked<R: Read + 'static>(mut reader: R) -> io::Result<Box<dyn BufRead>> {
    let mut start = Vec::new();
    (&mut reader).take(4).read_to_end(&mut start)?;
    let is_gzip = start.starts_with(GZIP);
    let is_zstd = !is_gzip && is_packed(&start);
    let reader = BufReader::with_capacity(64 << 10, io::Cursor::new(start).chain(reader));
    Ok(match (is_gzip, is_zstd) {
        (true, _) => Box::new(BufReader::new(MultiGzDecoder::new(reader))),
        (_, true) => Box::new(BufReader::new(Frames::of(reader))),
        _ => Box::new(reader),
    })
}

/// Frames of zstd, one behind the other.
struct Frames<R: Read> {
    at: Option<At<R>>,
}

enum At<R: Read> {
    Between(R),
    Inside(Box<StreamingDecoder<Begun<R>, FrameDecoder>>),
}

/// A frame whose first bytes were read already.
type Begun<R> = io::Chain<io::Cursor<Vec<u8>>, R>;

impl<R: Read> Frames<R> {
    fn of(reader: R) -> Self {
        Self { at: Some(At::Between(reader)) }
    }

    /// What follows between two frames; none at the end.
    fn next(mut reader: R) -> io::Result<Option<At<R>>> {
        let mut start = Vec::new();
        (&mut reader).take(4).read_to_end(&mut start)?;
        if start.is_empty() {
            return Ok(None);
        }
        if is_skippable(&start) {
            let mut size = [0; 4];
            reader.read_exact(&mut size)?;
            let size = u64::from(u32::from_le_bytes(size));
            if io::copy(&mut (&mut reader).take(size), &mut io::sink())? < size {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            return Ok(Some(At::Between(reader)));
        }
        let frame = StreamingDecoder::new(io::Cursor::new(start).chain(reader)).map_err(io::Error::other)?;
        Ok(Some(At::Inside(Box::new(frame))))
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.at.take() {
                None => return Ok(0),
                Some(At::Between(reader)) => self.at = Self::next(reader)?,
                Some(At::Inside(mut frame)) => {
                    let read = frame.read(buffer)?;
                    if read > 0 {
                        self.at = Some(At::Inside(frame));
                        return Ok(read);
                    }
                    let (reader, decoder) = frame.into_parts();
                    let (told, found) = (decoder.get_checksum_from_data(), decoder.get_calculated_checksum());
                    if told.is_some() && told != found {
                        return Err(io::Error::new(
                            io::ErrorKind::InvalidData,
                            "a frame's checksum is wrong",
                        ));
                    }
                    self.at = Some(At::Between(reader.into_inner().1));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OneByOne<R>(R);

    impl<R: Read> Read for OneByOne<R> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let one = buffer.len().min(1);
            self.0.read(&mut buffer[..one])
        }
    }

    fn read_all(packed: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        unpacked(OneByOne(io::Cursor::new(packed)))?.read_to_end(&mut text)?;
        Ok(text)
    }

    #[test]
    fn short_reads_and_frames_without_data_are_no_hindrance() {
        let gzip = |text: &[u8]| {
            let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::default());
            gzip.write_all(text).unwrap();
            gzip.finish().unwrap()
        };
        let zstd = |text: &[u8]| compress_to_vec(text, CompressionLevel::Fastest);
        let skipped = |kind: u8, size: u32| {
            [&[kind, 0x2a, 0x4d, 0x18][..], &size.to_le_bytes(), &vec![7; size as usize]].concat()
        };
        for packed in [
            b"one two".to_vec(),
            gzip(b"one two"),
            zstd(b"one two"),
            [gzip(b"one "), gzip(b"two")].concat(),
            [zstd(b"one "), zstd(b"two")].concat(),
            [skipped(0x50, 4), zstd(b"one two")].concat(),
            [
                skipped(0x5f, 0),
                skipped(0x57, 70_000),
                zstd(b"one "),
                skipped(0x50, 1),
                zstd(b"two"),
                skipped(0x51, 9),
            ]
            .concat(),
        ] {
            assert_eq!(read_all(packed).unwrap(), b"one two");
        }
        for short in ["", "{", "\x1f", "\n"] {
            assert_eq!(read_all(short.as_bytes().to_vec()).unwrap(), short.as_bytes());
        }
        let mut cut = skipped(0x50, 9);
        cut.truncate(12);
        for broken in
            [cut, vec![0x50, 0x2a, 0x4d, 0x18, 1], [zstd(b"x"), b"tail".to_vec()].concat(), ZSTD.to_vec()]
        {
            assert!(read_all(broken).is_err());
        }
    }

    #[test]
    fn what_was_packed_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let text: Vec<u8> = (0..400_000_u32).flat_map(|n| (n % 977).to_le_bytes()).collect();
        for name in ["a", "a.gz", "a.zst"] {
            let path = folder.path().join(name);
            let mut packed = Packed::begin(Place::find(&path).unwrap(), &path).unwrap();
            packed.write_all(&text).unwrap();
            assert!(!path.exists());
            assert_eq!(packed.finish(true).unwrap(), path);
            let mut read = Vec::new();
            unpacked(File::open(&path).unwrap()).unwrap().read_to_end(&mut read).unwrap();
            assert!(read == text, "{name}");
            let packed = std::fs::read(&path).unwrap();
            assert!(name == "a" || packed.len() < text.len() / 2, "{name}: {}", packed.len());
            if name != "a" {
                let cut = io::Cursor::new(packed[..packed.len() - 9].to_vec());
                assert!(unpacked(cut).unwrap().read_to_end(&mut Vec::new()).is_err(), "{name}");
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    }
}
